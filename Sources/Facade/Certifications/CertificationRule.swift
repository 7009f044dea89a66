public import Kernel

/// What decides about a level once employer and department have approved.
///
/// **Sample.** No city rule is known to us; degree, age and key industry are plausible inputs, the limits are invented, and
/// every explanation says so. A real rule gets a new id; a changed one a new version; what was decided keeps both.
public enum CertificationRule {
  /// The rule's id.
  public static let id = "talent-level-sample"
  /// The version; grows with every change of a limit.
  public static let version: Int32 = 1
  /// The scheme that the levels belong to; a person has at most one certification of a scheme at a time.
  public static let scheme = "人才层次认定（示例）"
  /// How a dossier names the rule.
  public static let title = "系统自动认定（示例规则 第\(version)版）"

  private static let youngest = 16
  private static let oldestForRaise = 45
  private static let years = 3

  /// What the rule looks at.
  public struct Inputs: Sendable, Hashable, Codable {
    /// The highest degree.
    public let degree: Degree
    /// Completed years on the day of the decision.
    public let age: Int
    /// Whether the employer belongs to a key industry.
    public let isKeyIndustry: Bool
    /// Where the employer is; all districts are treated alike, and it is kept so that this can be checked.
    public let district: District

    /// The inputs of a person born on a day, as of the day of the decision.
    public init(degree: Degree, birthDate: CivilDate, isKeyIndustry: Bool, district: District, on day: CivilDate) {
      self.degree = degree
      self.age = completedYears(from: birthDate, to: day)
      self.isKeyIndustry = isKeyIndustry
      self.district = district
    }
  }

  /// What the rule decided, and why.
  public struct Decision: Sendable, Hashable {
    /// The level, `nil` when the rule gives none.
    public let level: TalentLevel?
    /// The reasons in the order in which they were applied, in Chinese.
    public let explanation: [String]
  }

  /// Decides; the same inputs give the same decision for ever.
  public static func decide(_ inputs: Inputs) -> Decision {
    let notice = "本结果由系统按示例规则（\(id) 第 \(version) 版）自动得出，层次与条件均为示例，不代表真实政策"
    guard inputs.age >= youngest else {
      return Decision(level: nil, explanation: [notice, "年龄 \(inputs.age) 周岁，未满 \(youngest) 周岁，不能认定"])
    }
    let base = level(of: inputs.degree)
    var reasons = [notice, "学历为\(inputs.degree.title)，基础层次为 \(base.rawValue) 类"]
    guard inputs.isKeyIndustry else {
      reasons.append("单位在\(inputs.district.title)，不属于重点产业单位（示例口径），层次不变")
      return Decision(level: base, explanation: reasons)
    }
    guard inputs.age <= oldestForRaise else {
      reasons.append("单位属于重点产业（示例口径），但年龄 \(inputs.age) 周岁超过 \(oldestForRaise) 周岁，层次不变")
      return Decision(level: base, explanation: reasons)
    }
    reasons.append(
      "单位属于重点产业（示例口径）且年龄 \(inputs.age) 周岁不超过 \(oldestForRaise) 周岁，提高一级为 \(base.raised.rawValue) 类")
    return Decision(level: base.raised, explanation: reasons)
  }

  /// The days on which a certification decided on `day` holds: three years, the day of the decision included.
  static func validity(from day: CivilDate) -> Range<CivilDate> {
    let (year, month, dayOfMonth) = day.components
    // Only 29 February has no counterpart three years later; the day behind 28 February takes its place.
    let end =
      CivilDate(year: year + years, month: month, day: dayOfMonth) ?? CivilDate(year: year + years, month: 3, day: 1)
    return day..<(end ?? CivilDate(daysSince1970: day.daysSince1970 + 365 * years))
  }

  private static func level(of degree: Degree) -> TalentLevel {
    switch degree {
    case .doctor: .B
    case .master: .C
    case .bachelor: .D
    case .other: .E
    }
  }
}

/// Birthdays that have passed: somebody born on 29 February completes a year on 1 March of common years.
func completedYears(from birth: CivilDate, to day: CivilDate) -> Int {
  let (born, now) = (birth.components, day.components)
  let years = now.year - born.year
  return (now.month, now.day) < (born.month, born.day) ? years - 1 : years
}
