/// A level of talent, A the highest; the names are samples until the city gives its own.
public enum TalentLevel: String, Sendable, Codable, CaseIterable, Comparable {
  case A, B, C, D, E

  /// The name as people say it, marked as a sample.
  public var title: String {
    switch self {
    case .A: "A 类 顶尖人才（示例）"
    case .B: "B 类 领军人才（示例）"
    case .C: "C 类 高层次人才（示例）"
    case .D: "D 类 青年骨干人才（示例）"
    case .E: "E 类 基础人才（示例）"
    }
  }

  /// The next higher level; A has none above.
  var raised: TalentLevel {
    switch self {
    case .A, .B: .A
    case .C: .B
    case .D: .C
    case .E: .D
    }
  }

  /// Lower levels sort first: `E < A`.
  public static func < (left: TalentLevel, right: TalentLevel) -> Bool { left.rawValue > right.rawValue }
}
