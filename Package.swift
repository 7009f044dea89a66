// swift-tools-version: 6.2
import PackageDescription

// Warnings are errors in our own targets; internal imports by default make a file's public dependencies visible.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

func engine(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
  .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

let package = Package(
  name: "haiju",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Relational", targets: ["Relational"]),
    .library(name: "Documents", targets: ["Documents"]),
    .library(name: "TimeSeries", targets: ["TimeSeries"]),
    .library(name: "Facade", targets: ["Facade"]),
    .executable(name: "haiju", targets: ["haiju"]),
  ],
  dependencies: [
    .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache.git", from: "2.1.1"),
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift.git", from: "0.2.0"),
  ],
  targets: [
    // C libraries, each imported by one engine only.
    .systemLibrary(name: "CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(name: "CMongoc", pkgConfig: "libmongoc-1.0", providers: [.apt(["libmongoc-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    // hiredis.pc carries a flag that SwiftPM refuses, hence no pkgConfig.
    .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),

    engine("Kernel", [logging]),
    engine("GMCrypto", ["COpenSSL", "Kernel"]),
    engine("Relational", ["CLibpq", "Kernel", logging]),
    engine("Documents", ["CMongoc", "Kernel", logging]),
    engine("TimeSeries", ["Relational", "Kernel", logging]),
    engine("Cache", ["CHiredis", "Kernel", logging]),
    engine("Migration", ["Relational", "Documents", "GMCrypto", "Kernel", logging]),
    engine(
      "Facade",
      [
        "Relational", "Documents", "TimeSeries", "Cache", "GMCrypto", "Migration", "Kernel", logging,
        .product(name: "Yams", package: "Yams"),
      ],
      resources: [.copy("Migrations")]),
    engine(
      "HTTPFront",
      [
        "Facade", "Kernel", logging,
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Mustache", package: "swift-mustache"),
        .product(name: "NIOCore", package: "swift-nio"),
      ],
      resources: [.copy("Pages"), .copy("Assets")]),
    .target(name: "BenchmarkReports", path: "benchmarks/Reports", swiftSettings: strict),
    .target(
      name: "BenchmarkScenarios",
      dependencies: [
        "BenchmarkReports", "Kernel",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "Histogram", package: "hdrhistogram-swift"),
      ],
      path: "benchmarks/Scenarios",
      swiftSettings: strict),
    .target(
      name: "RelationalBenchmark",
      dependencies: [
        "Relational", "BenchmarkReports", "TestSupport", "Kernel",
        .product(name: "Histogram", package: "hdrhistogram-swift"),
      ],
      path: "benchmarks/Relational",
      resources: [.copy("Peers")],
      swiftSettings: strict),
    engine(
      "CommandFront",
      [
        "Facade", "Migration", "HTTPFront", "BenchmarkReports", "BenchmarkScenarios", "RelationalBenchmark", "Kernel",
        logging,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ]),
    .executableTarget(
      name: "haiju",
      dependencies: ["CommandFront", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      swiftSettings: strict),

    // Throw-away stores on free ports, in private folders; a product-quality module of its own.
    .target(
      name: "TestSupport", dependencies: ["Kernel", logging], path: "Tests/TestSupport", swiftSettings: strict),
    tests("TestSupportTests", ["TestSupport", "Kernel"]),
    tests("KernelTests", ["Kernel"]),
    tests("GMCryptoTests", ["GMCrypto", "Kernel"]),
    tests("RelationalTests", ["Relational", "Kernel"]),
    tests("RelationalIntegrationTests", ["Relational", "Kernel", "TestSupport"]),
    tests("DocumentsTests", ["Documents", "Kernel"]),
    tests("DocumentsIntegrationTests", ["Documents", "Kernel", "TestSupport"]),
    tests("CacheIntegrationTests", ["Cache", "Kernel", "TestSupport"]),
    tests("TimeSeriesIntegrationTests", ["TimeSeries", "Relational", "Kernel", "TestSupport"]),
    tests("MigrationIntegrationTests", ["Migration", "Relational", "Documents", "GMCrypto", "Kernel", "TestSupport"]),
    tests("FacadeTests", ["Facade", "GMCrypto", "TimeSeries", "Relational", "Kernel"]),
    tests(
      "FacadeIntegrationTests", ["Facade", "Migration", "Relational", "Documents", "Kernel", "TestSupport"]),
    tests("HTTPFrontIntegrationTests", ["HTTPFront", "Facade", "Migration", "Kernel", "TestSupport", logging]),
    // The built program as a process of its own: verbs, SIGKILL, the browser.
    tests("ProgramTests", ["haiju", "BenchmarkReports", "BenchmarkScenarios", "Kernel", "TestSupport"]),
    .testTarget(
      name: "BenchmarkReportsTests", dependencies: ["BenchmarkReports"], path: "benchmarks/ReportsTests",
      swiftSettings: strict),
    .testTarget(
      name: "RelationalBenchmarkTests", dependencies: ["RelationalBenchmark", "BenchmarkReports"],
      path: "benchmarks/RelationalTests", swiftSettings: strict),
    .testTarget(
      name: "BenchmarkScenariosTests",
      dependencies: [
        "BenchmarkScenarios",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      path: "benchmarks/ScenariosTests",
      swiftSettings: strict),
    tests("ArchitectureTests", ["Kernel"]),
  ]
)
