public import Kernel

/// A part of the dossier; its fields and what people call them.
public enum DossierSection: String, Sendable, Codable, CaseIterable {
  /// Who the person is.
  case identity
  /// For whom and as what the person works.
  case work
  /// What the person was certified as.
  case certification

  /// What people call it.
  public var title: String {
    switch self {
    case .identity: "身份信息"
    case .work: "工作信息"
    case .certification: "人才认定"
    }
  }

  /// The version of the section's fields; a change of their meaning gets a new one.
  var schema: Int { 1 }

  /// What people call a field; the field's own name where it is unknown here, so that nothing is hidden.
  func label(of field: String) -> String { labels[field] ?? field }

  private var labels: [String: String] {
    switch self {
    case .identity: ["name": "姓名", "identityNumber": "身份证号", "birthDate": "出生日期", "phone": "手机号"]
    case .work: ["employer": "用人单位", "district": "所在区域", "degree": "学历", "jobTitle": "岗位"]
    case .certification:
      [
        "scheme": "认定方案", "level": "人才层次", "code": "人才码", "validFrom": "有效期起", "validTo": "有效期止",
        "rule": "认定规则",
      ]
    }
  }
}

/// A value as it goes into a dossier.
public enum FieldValue: Sendable, Hashable {
  /// Text that staff may read (labels L1 and L2).
  case text(String)
  /// A day.
  case date(CivilDate)
  /// A value of label L3 or L4: sealed with SM4 before any store sees it, shown by its mask.
  case secret(String, masked: String)
}

/// Collects what one change sets in one section.
public struct SectionEdit: Sendable {
  struct Entry {
    let name: String
    let value: FieldValue
    let source: String
    let validFrom: CivilDate?
  }

  private(set) var entries: [Entry] = []

  /// Sets a field; `source` says who vouches for the value, `validFrom` since when it holds (today when `nil`).
  public mutating func set(_ name: String, _ value: FieldValue, source: String, validFrom: CivilDate? = nil) {
    entries.append(Entry(name: name, value: value, source: source, validFrom: validFrom))
  }
}
