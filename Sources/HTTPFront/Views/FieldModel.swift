/// A field of a form as its template takes it: label, help, what was typed, what is wrong with it.
struct FieldModel {
  /// How it is typed.
  enum Kind {
    case text
    case password
    case search
    case number(step: String)
    case day
    case moment
    case lines
    case file(accept: String)
    case choice([Option])
  }

  /// Something that can be chosen.
  struct Option {
    let value: String
    let label: String
  }

  let name: String
  let label: String
  var kind = Kind.text
  var value = ""
  var help: String?
  var unit: String?
  var source: String?
  var required = true
  /// Whether a field that may stay empty says so; not where the help says when it may.
  var marksOptional = true
  var autocomplete: String?
  var numeric = false

  /// The model of the field within a call: what was typed before wins, and what is wrong stands beside it.
  func model(in call: PageCall, fault: String? = nil) -> Model {
    let typed = call.form.fields.contains { $0.name == name } ? call.form[name] : value
    var model: Model = [
      "name": name, "label": label, "required": required, "optional": !required && marksOptional,
      "value": typed,
    ]
    model["help"] = help
    model["unit"] = unit
    model["source"] = source
    model["autocomplete"] = autocomplete
    model["error"] = call.fault(fault ?? name)
    if numeric { model["inputmode"] = "numeric" }
    // The ids of help and error, for readers of the screen.
    let described = [help.map { _ in "\(name)-help" }, model["error"].map { _ in "\(name)-error" }].compactMap { $0 }
    if !described.isEmpty { model["describedBy"] = described.joined(separator: " ") }
    switch kind {
    case .text: model["input"] = "text"
    case .search: model["input"] = "search"
    case .number(let step):
      model["input"] = "text"
      model["inputmode"] = step.contains(".") ? "decimal" : "numeric"
    case .day: model["input"] = "date"
    case .moment: model["input"] = "datetime-local"
    case .password:
      model["input"] = "password"
      model["isPassword"] = true
      model["value"] = ""
    case .lines: model["isLines"] = true
    case .file(let accept):
      model["isFile"] = true
      model["accept"] = accept
    case .choice(let options):
      model["isChoice"] = true
      model["options"] = options.map { option in
        ["value": option.value, "label": option.label, "selected": option.value == typed] as Model
      }
    }
    return model
  }
}
