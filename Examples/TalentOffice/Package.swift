// swift-tools-version: 6.2
import PackageDescription

// An application outside Haiju's package: it sees what Haiju's products make public, and nothing else.
let package = Package(
  name: "TalentOffice",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "haiju", path: "../..")],
  targets: [
    .executableTarget(
      name: "TalentOffice", dependencies: [.product(name: "Facade", package: "haiju")],
      swiftSettings: [.swiftLanguageMode(.v6)]),
    .executableTarget(
      name: "Engines",
      dependencies: [
        .product(name: "Relational", package: "haiju"), .product(name: "Documents", package: "haiju"),
        .product(name: "TimeSeries", package: "haiju"),
      ],
      swiftSettings: [.swiftLanguageMode(.v6)]),
  ]
)
