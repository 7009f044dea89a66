import Facade

/// The page of a queue that somebody works on; it stays when a case is opened or decided.
struct QueuePlace {
  /// The cursor behind which the page begins; `nil` on the first page.
  private var cursor: String?

  init(_ call: PageCall) { cursor = call.form.optional("after") ?? call.query.optional("after") }

  var request: PageRequest { PageRequest(size: 50, after: cursor) }

  /// Goes back to the first page, because this one has been worked off; `false` when it is the first already.
  mutating func leave() -> Bool {
    defer { cursor = nil }
    return cursor != nil
  }

  /// The address of this page of the queue, with a case opened beside it.
  func path(to id: String? = nil) -> String {
    let parts = [id.map { "case=\($0)" }, cursor.map { "after=\(percentEncoded($0))" }].compactMap { $0 }
    return parts.isEmpty ? "/desk" : "/desk?" + parts.joined(separator: "&")
  }

  /// What the list and its forms need to stay on this page or leave it.
  func fill(_ model: inout Model, next: String?) {
    model["listPath"] = path()
    model["after"] = cursor
    if cursor != nil { model["first"] = "/desk" }
    model["next"] = next.map { "/desk?after=\(percentEncoded($0))" }
  }
}
