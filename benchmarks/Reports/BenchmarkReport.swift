public import Foundation

/// What a benchmark prints, in the one shape that all of them share, so that results can be compared by machine.
public struct BenchmarkReport: Codable, Sendable, Equatable {
  /// The benchmark's name.
  public var bench: String
  /// The version of the program that was measured.
  public var version: String
  /// Where it ran.
  public var machine: MachineFacts
  /// The seed of its random choices.
  public var seed: UInt64
  /// How it was set.
  public var settings: [String: Setting]
  /// What was measured.
  public var figures: [Figure]
  /// What is asked for, and whether it holds.
  public var ratios: [Ratio]

  /// A report.
  public init(
    bench: String, version: String, machine: MachineFacts = .current(), seed: UInt64, settings: [String: Setting] = [:],
    figures: [Figure], ratios: [Ratio] = []
  ) {
    self.bench = bench
    self.version = version
    self.machine = machine
    self.seed = seed
    self.settings = settings
    self.figures = figures
    self.ratios = ratios
  }

  /// One line of JSON with its keys in order.
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self)
  }

  /// One thing measured. Fields that do not apply are left out of the JSON.
  public struct Figure: Codable, Sendable, Equatable {
    /// What it is, for example `find/tasks=100`.
    public var name: String
    /// How much, in `unit`.
    public var value: Double
    /// The unit, for example `reads/s`.
    public var unit: String
    /// The median time in microseconds.
    public var p50: Int?
    /// The 95th percentile in microseconds.
    public var p95: Int?
    /// The 99th percentile in microseconds.
    public var p99: Int?
    /// CPU time of the client for each in microseconds.
    public var cpu: Double?
    /// The lowest and highest value of its rounds.
    public var spread: Spread?
    /// How many failed.
    public var errors: Int
    /// Why it could not be measured; its value says nothing then.
    public var failure: String?

    /// A figure.
    public init(
      name: String, value: Double, unit: String, p50: Int? = nil, p95: Int? = nil, p99: Int? = nil, cpu: Double? = nil,
      spread: Spread? = nil, errors: Int = 0, failure: String? = nil
    ) {
      self.name = name
      self.value = value
      self.unit = unit
      self.p50 = p50
      self.p95 = p95
      self.p99 = p99
      self.cpu = cpu
      self.spread = spread
      self.errors = errors
      self.failure = failure
    }

    enum CodingKeys: String, CodingKey {
      case name, value, unit, spread, errors, failure
      case p50 = "p50_us"
      case p95 = "p95_us"
      case p99 = "p99_us"
      case cpu = "cpu_us"
    }
  }

  /// The lowest and the highest value of several rounds.
  public struct Spread: Codable, Sendable, Equatable {
    /// The lowest.
    public var min: Double
    /// The highest.
    public var max: Double

    /// The spread of some values; `nil` when there is none.
    public init?(_ values: [Double]) {
      guard let min = values.min(), let max = values.max() else { return nil }
      (self.min, self.max) = (min, max)
    }
  }

  /// A number that was asked for.
  public struct Ratio: Codable, Sendable, Equatable {
    /// What is compared with what.
    public var name: String
    /// What came out.
    public var value: Double
    /// What was asked for.
    public var goal: Double
    /// Whether that holds.
    public var holds: Bool

    /// A goal of which one side could not be measured: it does not hold.
    public static func unknown(_ goal: Double, _ name: String) -> Ratio {
      Ratio(name: name, value: 0, goal: goal, holds: false)
    }

    /// A goal that holds from `goal` upwards.
    public static func atLeast(_ goal: Double, _ name: String, _ value: Double) -> Ratio {
      Ratio(name: name, value: value, goal: goal, holds: value >= goal)
    }

    /// A goal that holds up to `goal`.
    public static func atMost(_ goal: Double, _ name: String, _ value: Double) -> Ratio {
      Ratio(name: name, value: value, goal: goal, holds: value <= goal)
    }
  }

  /// A value of a setting.
  public enum Setting: Codable, Sendable, Equatable {
    /// A number.
    case number(Double)
    /// A text.
    case text(String)
    /// Yes or no.
    case flag(Bool)

    /// A JSON boolean, number or string.
    public init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let flag = try? container.decode(Bool.self) {
        self = .flag(flag)
      } else if let number = try? container.decode(Double.self) {
        self = .number(number)
      } else {
        self = .text(try container.decode(String.self))
      }
    }

    /// The bare JSON value, without the name of the case.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .number(let number): try container.encode(number)
      case .text(let text): try container.encode(text)
      case .flag(let flag): try container.encode(flag)
      }
    }
  }
}
