import Kernel

/// Whether a service is open to a person, with the reasons.
public struct Eligibility: Sendable, Hashable {
  /// Whether it is open.
  public let open: Bool
  /// Why it is, or everything that is missing; sentences in Chinese.
  public let reasons: [String]

  /// An answer with its reasons.
  public init(open: Bool, reasons: [String]) {
    self.open = open
    self.reasons = reasons
  }
}

/// What eligibility depends on, as it is at one moment.
struct Standing: Sendable, Hashable {
  /// Where the person's employer is.
  let district: District
  /// The level of the certification that is valid now.
  let level: TalentLevel?
  /// The first day on which it is valid no more.
  let certifiedUntil: CivilDate?
}

extension ServiceDefinition.Audience {
  /// Whether anybody registered may use it.
  var isEverybody: Bool { !certified && districts.isEmpty }

  /// Checks all conditions, so that a person sees at once everything that is missing.
  func eligibility(of standing: Standing) -> Eligibility {
    var reasons: [String] = []
    var missing: [String] = []
    if certified {
      if let level = standing.level {
        if levels.isEmpty || levels.contains(level) {
          let until = standing.certifiedUntil.map { "，有效期至\(CivilDate(daysSince1970: $0.daysSince1970 - 1).inChinese)" }
          reasons.append("可以享受，因为您已认定为 \(level.title)\(until ?? "")")
        } else {
          let names = levels.map(\.rawValue).joined(separator: "、")
          missing.append("还不能，因为本事项面向 \(names) 类人才（示例），您已认定为 \(level.title)")
        }
      } else {
        missing.append("还不能，因为您没有有效的人才认定，请先完成认定")
      }
    }
    if !districts.isEmpty {
      let names = districts.map(\.title).joined(separator: "、")
      if districts.contains(standing.district) {
        reasons.append("可以享受，因为您的用人单位在\(standing.district.title)")
      } else {
        missing.append("还不能，因为本事项面向\(names)用人单位的人才，您的用人单位在\(standing.district.title)")
      }
    }
    if !missing.isEmpty { return Eligibility(open: false, reasons: missing) }
    return Eligibility(open: true, reasons: reasons.isEmpty ? ["可以享受，因为本事项面向全部已注册人才"] : reasons)
  }
}
