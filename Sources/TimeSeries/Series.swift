public import Foundation
public import Kernel

/// What a series measures, of whom, and which values it accepts.
public struct SeriesDefinition: Sendable, Hashable {
  /// Whom or what it is about: a person, a device, a vehicle.
  public let subject: UUID
  /// What is measured, as a lower-case code: `heart_rate`, `blood_pressure.systolic`. One series per subject and kind.
  public let kind: String
  /// The unit of every value; it never changes once registered.
  public let unit: String
  /// The values accepted, both ends included; others are kept aside.
  public let range: ClosedRange<Double>
  /// What people read on a screen.
  public let label: String

  /// A definition; it is checked when it is registered.
  public init(subject: UUID, kind: String, unit: String, range: ClosedRange<Double>, label: String) {
    self.subject = subject
    self.kind = kind
    self.unit = unit
    self.range = range
    self.label = label
  }

  /// The same for a subject with a typed id.
  public init<Entity>(
    subject: Identifier<Entity>, kind: String, unit: String, range: ClosedRange<Double>, label: String
  ) {
    self.init(subject: subject.uuid, kind: kind, unit: unit, range: range, label: label)
  }

  /// Why the registry would refuse it; `nil` when it is sound.
  var defect: String? {
    let allowed = kind.utf8.allSatisfy {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".")
    }
    guard allowed, (1...64).contains(kind.utf8.count), kind.utf8.first.map({ $0 >= UInt8(ascii: "a") }) == true,
      kind.utf8.first != UInt8(ascii: "_")
    else { return "the kind must be 1 to 64 of a–z, 0–9, _ and ., beginning with a letter" }
    guard (1...32).contains(unit.unicodeScalars.count) else { return "the unit must have 1 to 32 characters" }
    guard label.unicodeScalars.count <= 120 else { return "the label must have at most 120 characters" }
    guard range.lowerBound.isFinite, range.upperBound.isFinite else { return "the range must be finite" }
    return nil
  }
}
