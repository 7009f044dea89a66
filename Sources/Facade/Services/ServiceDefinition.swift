/// What a service is, as its file in `definitions/` says; published versions never change.
public struct ServiceDefinition: Sendable, Hashable, Codable {
  /// The service's id, the same in all versions.
  public let id: String
  /// The published version, counted by Haiju; before publishing, the version that the file asks for.
  public internal(set) var version: Int
  /// The title in Chinese.
  public let title: String
  /// The title in English, where the file has one.
  public let titleEnglish: String?
  /// Who offers it: the city or a district.
  public let area: District
  /// The category, in the tender's words.
  public let category: String
  /// The unit that works on its cases.
  public let unitName: String
  /// How it is served.
  public let channel: ServiceChannel
  /// One line about it.
  public let summary: String
  /// What the tender says about it.
  public let description: String
  /// Who may use it.
  public let audience: Audience
  /// The steps that an applicant sees.
  public let steps: [String]
  /// What an applicant brings.
  public let materials: [Material]
  /// Promised time in working days.
  public let timeLimitDays: Int
  /// The form, in order.
  public let fields: [FormField]
  /// Words that people look for it with.
  public let keywords: [String]
  /// Whether its conditions are sample values.
  public let isSample: Bool

  /// Whom a service is for; no condition at all means everybody who is registered.
  public struct Audience: Sendable, Hashable, Codable {
    /// Whether a valid certification is needed.
    public let certified: Bool
    /// The levels it is for; empty means any.
    public let levels: [TalentLevel]
    /// The districts whose employers' people it is for; empty means any.
    public let districts: [District]
  }

  /// Something that an applicant brings.
  public struct Material: Sendable, Hashable, Codable {
    /// What it is.
    public let name: String
    /// Whether it cannot be left out.
    public let required: Bool
  }
}

/// How a service is served.
public enum ServiceChannel: String, Sendable, Codable, CaseIterable {
  /// Applied for and worked on here.
  case online
  /// Applied for here, finished at a window.
  case window
  /// Belongs to a system outside Haiju.
  case external

  /// What people call it.
  public var title: String {
    switch self {
    case .online: "网上办理"
    case .window: "窗口办理"
    case .external: "外部系统办理"
    }
  }
}

/// One field of a form.
public struct FormField: Sendable, Hashable, Codable {
  /// The name in the API.
  public let name: String
  /// The name on the page.
  public let label: String
  /// What may be typed.
  public let type: FormFieldType
  /// Whether it must be filled.
  public let required: Bool
  /// What may be chosen, for `choice`.
  public let options: [String]
  /// A hint below the field.
  public let help: String?
}

/// What may be typed into a field.
public enum FormFieldType: String, Sendable, Codable, CaseIterable {
  /// Up to 500 characters.
  case text
  /// A decimal number.
  case number
  /// A day, `2026-11-23`.
  case date
  /// A day that is not after today, in Shanghai.
  case pastDate = "past_date"
  /// One of the options.
  case choice
}

extension ServiceDefinition {
  /// Categories in the order of the tender; others follow by name.
  static let categoryOrder = [
    "入境居留", "安居保障", "子女教育", "社会融入", "医疗保障", "交通出行", "养老及商业保险", "创新创业", "生活服务", "区域特色",
  ]

  /// Where it stands in lists: area, category, then the id with its last number as a number, so that 2 comes before 10.
  var place: Place {
    let digits = id.reversed().prefix { $0.isASCII && $0.isNumber }.reversed()
    return Place(
      area: District.allCases.firstIndex(of: area) ?? 0,
      category: Self.categoryOrder.firstIndex(of: category) ?? Self.categoryOrder.count, categoryName: category,
      prefix: String(id.dropLast(digits.count)), number: Int(String(digits)) ?? 0, id: id)
  }

  /// A place in the list of services; no two services share one.
  struct Place: Comparable {
    let area: Int
    let category: Int
    let categoryName: String
    let prefix: String
    let number: Int
    let id: String

    static func < (left: Place, right: Place) -> Bool {
      (left.area, left.category, left.categoryName, left.prefix, left.number, left.id)
        < (right.area, right.category, right.categoryName, right.prefix, right.number, right.id)
    }
  }
}
