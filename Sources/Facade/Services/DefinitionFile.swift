import Foundation
import Kernel
import Yams

/// Reads one definition file; whatever is wrong with it is noted with file, line and key.
enum DefinitionFile {
  /// The definition, or `nil` when anything was noted.
  ///
  /// `file` is the path below the folder, `city/SVC-….yaml`: folder and name must agree with what is inside, because
  /// people look for a service by them.
  static func read(_ yaml: String, file: String, notes: DefinitionNotes) -> ServiceDefinition? {
    guard let root = compose(yaml, notes) else { return nil }
    guard let keys = DefinitionKeys(root, path: "", allowed: known, notes: notes) else { return nil }
    let definition = definition(keys, notes)
    if let definition, notes.problems.isEmpty { checkPlace(definition, keys, file) }
    return notes.problems.isEmpty ? definition : nil
  }

  private static let known: Set<String> = [
    "id", "version", "title", "area", "category", "unit", "channel", "summary", "description", "sample", "audience",
    "steps", "materials", "timeLimitDays", "fields", "keywords",
  ]

  private static func compose(_ yaml: String, _ notes: DefinitionNotes) -> Node? {
    do {
      if let root = try Yams.compose(yaml: yaml) { return root }
      notes.note(nil, "", "文件是空的")
    } catch let error as YamlError {
      notes.note(error.line, "", "不是正确的 YAML：请检查缩进、冒号和重复的名称")
    } catch {
      notes.note(nil, "", "不是正确的 YAML")
    }
    return nil
  }

  private static func definition(_ keys: DefinitionKeys, _ notes: DefinitionNotes) -> ServiceDefinition? {
    let id = keys.text("id", atMost: 60)
    if !id.isEmpty, id.count < 3 || !id.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "-" }) {
      keys.note("id", "应当有 3 至 60 个字，只用文字、数字和“-”")
    }
    let area = district(keys.text("area", atMost: 20))
    if area == nil { keys.note("area", "应当是 city、minhang 或 baoshan") }
    let title = keys.node("title").flatMap {
      DefinitionKeys($0, path: "title", allowed: ["zh", "en"], notes: notes)
    }
    if title == nil { keys.note("title", "应当有中文标题，例如 {zh: 人才驿站, en: Talent station}") }
    let version = keys.number("version", in: 1...1_000_000)
    let chineseTitle = title?.text("zh", atMost: 60) ?? ""
    let englishTitle = title?.optionalText("en", atMost: 120)
    let category = keys.text("category", atMost: 20)
    let unit = keys.text("unit", atMost: 80)
    let channel = keys.word("channel", ServiceChannel.self)
    let summary = keys.text("summary", atMost: 200)
    let description = keys.text("description", atMost: 2000)
    let audience = audience(keys, notes)
    let steps = keys.texts("steps", atMost: 40)
    if steps.isEmpty { keys.note("steps", "至少要有一步") }
    let materials = materials(keys, notes)
    let days = keys.number("timeLimitDays", in: 1...365)
    let fields = fields(keys, notes)
    let keywords = keys.texts("keywords", atMost: 40)
    let sample = keys.flag("sample")
    guard let area, let channel else { return nil }
    return ServiceDefinition(
      id: id, version: version, title: chineseTitle, titleEnglish: englishTitle, area: area, category: category,
      unitName: unit, channel: channel, summary: summary, description: description, audience: audience, steps: steps,
      materials: materials, timeLimitDays: days, fields: fields, keywords: keywords, isSample: sample)
  }

  private static func audience(_ keys: DefinitionKeys, _ notes: DefinitionNotes) -> ServiceDefinition.Audience {
    let everybody = ServiceDefinition.Audience(certified: false, levels: [], districts: [])
    guard let node = keys.node("audience") else { return everybody }
    guard
      let audience = DefinitionKeys(
        node, path: "audience", allowed: ["certified", "levels", "districts"], notes: notes)
    else { return everybody }
    let certified = audience.flag("certified")
    let levels = audience.texts("levels", atMost: 10).compactMap { text in
      if let level = TalentLevel(rawValue: text) { return level }
      audience.note("levels", "只能是 \(TalentLevel.allCases.map(\.rawValue).joined(separator: "、"))")
      return nil
    }
    if !levels.isEmpty, !certified { audience.note("levels", "限定层次时 certified 应当是 true") }
    let districts = audience.texts("districts", atMost: 20).compactMap { text in
      let district = district(text)
      if district == nil { audience.note("districts", "只能是闵行区、宝山区、上海市，或它们的代号") }
      return district
    }
    return ServiceDefinition.Audience(certified: certified, levels: levels, districts: districts)
  }

  private static func materials(_ keys: DefinitionKeys, _ notes: DefinitionNotes) -> [ServiceDefinition.Material] {
    keys.items("materials").compactMap { node, path in
      guard let item = DefinitionKeys(node, path: path, allowed: ["name", "required"], notes: notes) else { return nil }
      return ServiceDefinition.Material(name: item.text("name", atMost: 80), required: item.flag("required"))
    }
  }

  private static func fields(_ keys: DefinitionKeys, _ notes: DefinitionNotes) -> [FormField] {
    var names: Set<String> = []
    return keys.items("fields").compactMap { node, path in
      guard
        let item = DefinitionKeys(
          node, path: path, allowed: ["name", "label", "type", "required", "options", "help"], notes: notes)
      else { return nil }
      let name = item.text("name", atMost: 40)
      if !name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) { item.note("name", "只用英文字母和数字") }
      if !names.insert(name).inserted { item.note("name", "表单里已有同名的一项") }
      let type = item.word("type", FormFieldType.self)
      let options = item.texts("options", atMost: 60)
      if type == .choice, options.count < 2 { item.note("options", "选择项至少要有两个") }
      if type != .choice, !options.isEmpty { item.note("options", "只有 type: choice 才有选项") }
      if Set(options).count < options.count { item.note("options", "选项重复") }
      let label = item.text("label", atMost: 60)
      let required = item.flag("required")
      let help = item.optionalText("help", atMost: 120)
      guard let type else { return nil }
      return FormField(name: name, label: label, type: type, required: required, options: options, help: help)
    }
  }

  private static func checkPlace(_ definition: ServiceDefinition, _ keys: DefinitionKeys, _ file: String) {
    let parts = file.split(separator: "/")
    if parts.last.map(String.init) != "\(definition.id).yaml" { keys.note("id", "应当与文件名相同") }
    if parts.count > 1, String(parts[parts.count - 2]) != definition.area.rawValue {
      keys.note("area", "应当与所在文件夹相同")
    }
  }

  /// A district by its code or by its Chinese name.
  static func district(_ text: String) -> District? {
    District(rawValue: text) ?? District.allCases.first { $0.title == text }
  }
}

extension YamlError {
  /// The line that the parser stopped at, counted from 1.
  fileprivate var line: Int? {
    switch self {
    case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
    case .duplicatedKeysInMapping(_, let context): context.mark.line
    default: nil
    }
  }
}
