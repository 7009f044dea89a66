/// Distinct keys in the order in which they were first asked for, and the way from a key to its place.
struct KeyList {
  private(set) var keys: [LookupKey] = []
  private var places: [LookupKey: Int32] = [:]

  mutating func reserveCapacity(_ count: Int) {
    keys.reserveCapacity(count)
    places.reserveCapacity(count)
  }

  /// The key's place; a new key takes the next one.
  mutating func place(of key: LookupKey) -> Int32 {
    let next = Int32(keys.count)
    // One access finds the place or makes it.
    let place = { (place: inout Int32) in place }(&places[key, default: next])
    if place == next { keys.append(key) }
    return place
  }

  /// For each key the number of its row, or what `LookupRow` says; `key` reads the key of a row, `nil` for null.
  func rows(count: Int32, key: (Int32) -> LookupKey?) -> [Int32] {
    var rows = Array(repeating: LookupRow.none, count: keys.count)
    var hasStranger = false
    for row in 0..<count {
      guard let place = key(row).flatMap({ places[$0] }) else {
        hasStranger = true
        continue
      }
      rows[Int(place)] = rows[Int(place)] == LookupRow.none ? row : LookupRow.several
    }
    // The strange row may be the answer to any key that seems to have none.
    return hasStranger ? rows.map { $0 == LookupRow.none ? LookupRow.uncertain : $0 } : rows
  }
}

/// What stands in place of a row's number.
enum LookupRow {
  /// No row has the key.
  static var none: Int32 { -1 }
  /// Several rows have the key.
  static var several: Int32 { -2 }
  /// No row has the key's bytes, but one has a key that nobody asked for: SQL's equality is wider than that of bytes.
  static var uncertain: Int32 { -3 }
}
