import Foundation
import Kernel
import Testing

@testable import Facade

@Suite("Service definitions")
struct DefinitionTests {
  /// Reads a definition from the text of a good one with one change.
  private func read(
    _ change: (inout String) -> Void = { _ in }, file: String = "minhang/MH-99.yaml"
  ) -> (definition: ServiceDefinition?, problems: [DefinitionProblem]) {
    var yaml = Self.good
    change(&yaml)
    let notes = DefinitionNotes(file: file)
    return (DefinitionFile.read(yaml, file: file, notes: notes), notes.problems)
  }

  private func problem(replacing old: String, by new: String) throws -> DefinitionProblem {
    let (definition, problems) = read { $0 = $0.replacingOccurrences(of: old, with: new) }
    #expect(definition == nil)
    return try #require(problems.first)
  }

  static let good = """
    # Comment.
    id: MH-99
    version: 3
    title: {zh: 门诊服务, en: Outpatient service}
    area: minhang
    category: 医疗保障
    unit: 闵行区人才服务中心（示例）
    channel: online
    summary: 预约门诊。
    description: 在线预约挂号。
    sample: true
    audience:
      certified: true
      levels: [A, C]
      districts: [闵行区, baoshan]
    steps: [提交预约, 完成]
    materials:
      - {name: 身份证件, required: true}
    timeLimitDays: 2
    fields:
      - {name: visitDate, label: 就诊日期, type: date, required: true}
      - {name: ward, label: 科室, type: choice, required: false, options: [内科, 外科], help: 可以不填}
    keywords: [门诊, 挂号]
    """

  @Test("A complete file is read as it stands, districts by name or by code")
  func completeFile() throws {
    let (definition, problems) = read()
    #expect(problems.isEmpty)
    let read = try #require(definition)
    #expect(read.id == "MH-99")
    #expect(read.version == 3)
    #expect(read.title == "门诊服务")
    #expect(read.titleEnglish == "Outpatient service")
    #expect(read.area == .minhang)
    #expect(read.audience == .init(certified: true, levels: [.A, .C], districts: [.minhang, .baoshan]))
    #expect(read.materials == [.init(name: "身份证件", required: true)])
    #expect(read.fields.map(\.type) == [.date, .choice])
    #expect(read.fields[1].options == ["内科", "外科"])
    #expect(read.fields[1].help == "可以不填")
  }

  @Test("An unknown key is refused with file, line and key")
  func unknownKey() throws {
    let problem = try problem(replacing: "timeLimitDays: 2", by: "timeLimitDays: 2\ntimeLimit: 3")
    #expect(problem.file == "minhang/MH-99.yaml")
    #expect(problem.line == 20)
    #expect(problem.key == "timeLimit")
    #expect(problem.description.hasPrefix("minhang/MH-99.yaml:20 timeLimit："))
  }

  @Test(
    "What is wrong inside is named by its key and line",
    arguments: [
      ("version: 3", "version: three", "version", 3), ("version: 3", "version: 0", "version", 3),
      ("zh: 门诊服务", "cn: 门诊服务", "title.cn", 4), ("area: minhang", "area: pudong", "area", 5),
      ("channel: online", "channel: phone", "channel", 8), ("sample: true", "sample: 3", "sample", 11),
      ("[A, C]", "[A, F]", "audience.levels", 14), ("certified: true", "certified: false", "audience.levels", 14),
      ("闵行区, baoshan", "浦东", "audience.districts", 15), ("type: date", "type: day", "fields[0].type", 21),
      ("[内科, 外科]", "[内科, 内科]", "fields[1].options", 22), ("name: ward", "name: visitDate", "fields[1].name", 22),
      ("name: ward", "name: 科室", "fields[1].name", 22), ("- {name: 身份证件,", "- {titel: 身份证件,", "materials[0].titel", 18),
      ("steps: [提交预约, 完成]", "steps: 提交", "steps", 16), ("id: MH-99", "id: MH-98", "id", 2),
    ])
  func wrongValue(old: String, new: String, key: String, line: Int) throws {
    let problem = try problem(replacing: old, by: new)
    #expect(problem.key == key)
    #expect(problem.line == line)
  }

  @Test(
    "A missing key is named", arguments: ["id", "title", "area", "category", "unit", "summary", "sample", "version"])
  func missingKey(key: String) throws {
    let (definition, problems) = read { yaml in
      yaml = yaml.split(separator: "\n").filter { !$0.hasPrefix("\(key):") }.joined(separator: "\n")
    }
    #expect(definition == nil)
    #expect(problems.contains { $0.key == key })
  }

  @Test("Text that is no YAML, a key twice, and an empty file are refused with the line")
  func noYAML() {
    #expect(read { $0 += "\n  broken: [" }.problems.count == 1)
    #expect(read { $0 += "\nsample: false" }.problems.count == 1)
    #expect(read { $0 = "" }.problems.count == 1)
    #expect(read { $0 = "- just\n- a list" }.definition == nil)
  }

  @Test("A file in the folder of another area is refused")
  func wrongFolder() {
    let (definition, problems) = read(file: "baoshan/MH-99.yaml")
    #expect(definition == nil)
    #expect(problems.map(\.key) == ["area"])
  }

  @Test("All sixty definitions of the repository are read, each with a unit, steps and a time limit")
  func repositoryDefinitions() async throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let entries = try await DefinitionFolder.read(root.appending(path: "definitions").path())
    #expect(entries.count == 60)
    #expect(Set(entries.map(\.definition.id)).count == 60)
    #expect(entries.count { $0.definition.area == .city } == 29)
    #expect(entries.count { $0.definition.area == .minhang } == 11)
    #expect(entries.count { $0.definition.area == .baoshan } == 20)
    #expect(entries.allSatisfy { $0.definition.isSample && $0.digest.count == 32 })
  }

  @Test("A folder with a broken file gives no definition and names the file; one without files is refused too")
  func brokenFolder() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "haiju-definitions-\(UUID())")
    try FileManager.default.createDirectory(
      at: folder.appending(path: "minhang"), withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    await #expect(throws: HaijuError.self) { try await DefinitionFolder.read(folder.path()) }
    try Self.good.write(to: folder.appending(path: "minhang/MH-99.yaml"), atomically: true, encoding: .utf8)
    #expect(try await DefinitionFolder.read(folder.path()).count == 1)
    try "id: 1".write(to: folder.appending(path: "minhang/MH-98.yaml"), atomically: true, encoding: .utf8)
    let error = await #expect(throws: HaijuError.self) { try await DefinitionFolder.read(folder.path()) }
    guard case .invalid(let faults) = error else { return #expect(Bool(false), "not .invalid") }
    #expect(faults.allSatisfy { $0.field.hasPrefix("minhang/MH-98.yaml") })
  }

  @Test("The fingerprint follows the content, not the layout of the file")
  func fingerprint() throws {
    let definition = try #require(read().definition)
    let relaid = try #require(
      read { $0 = $0.replacingOccurrences(of: "steps: [提交预约, 完成]", with: "steps:\n- 提交预约\n- 完成") }.definition)
    let changed = try #require(read { $0 = $0.replacingOccurrences(of: "预约门诊。", with: "预约门诊！") }.definition)
    #expect(try DefinitionFolder.digest(definition) == DefinitionFolder.digest(relaid))
    #expect(try DefinitionFolder.digest(definition) != DefinitionFolder.digest(changed))
  }

  @Test("A definition survives its way through JSON")
  func json() throws {
    let definition = try #require(read().definition)
    let copy = try JSONDecoder().decode(ServiceDefinition.self, from: Data(definition.json().utf8))
    #expect(copy == definition)
  }
}
