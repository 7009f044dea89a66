/// Which part of a list: at most so many, behind a cursor that the page before gave.
///
/// Pages are cut by key, not by number: a page costs the same wherever it is, and rows that come or go meanwhile do not
/// shift it.
public struct PageRequest: Sendable, Hashable {
  /// At most so many, 1...200.
  public let size: Int
  /// Where the page before ended; `nil` for the first.
  public let cursor: String?

  /// A page; sizes outside 1...200 are brought inside.
  public init(size: Int = 50, after cursor: String? = nil) {
    self.size = min(max(size, 1), 200)
    self.cursor = cursor
  }

  /// The first page.
  public static func first(_ size: Int) -> PageRequest { PageRequest(size: size) }
}

/// A part of a list.
public struct Page<Item: Sendable>: Sendable {
  /// The items, in the list's order.
  public let items: [Item]
  /// The cursor of the page behind, `nil` when this is the last.
  public let next: String?

  /// A part of a list.
  public init(items: [Item], next: String?) {
    self.items = items
    self.next = next
  }

  /// Cuts a list that was read with one row more than asked for.
  init(reading items: [Item], request: PageRequest, cursor: (Item) -> String) {
    let page = Array(items.prefix(request.size))
    self.init(items: page, next: items.count > request.size ? page.last.map(cursor) : nil)
  }
}
