public import Kernel

/// The name of a channel for `notify` and `listen`: a constant of the program, of 63 bytes at most.
public struct Channel: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
  /// The name as PostgreSQL knows it.
  public let name: String

  /// A channel; an empty name or one that PostgreSQL would shorten is a mistake in the program and stops it.
  public init(stringLiteral name: String) {
    precondition((1...63).contains(name.utf8.count), "a channel's name has 1 to 63 bytes")
    self.name = name
  }

  /// The name.
  public var description: String { name }
}

/// What a notification says: where to look, never what is there.
///
/// An id or another short text of 200 bytes at most, so that PostgreSQL's limit of 8000 bytes cannot be met.
public struct Notice: Sendable, Hashable {
  /// The text that listeners receive.
  public let text: String

  /// The id of a record that has changed.
  public init<Entity>(_ id: Identifier<Entity>) { text = id.description }

  /// A number, for instance a revision.
  public init(_ number: some FixedWidthInteger & Sendable) { text = String(number) }

  /// A short text; `nil` above 200 bytes of UTF-8 and for a text with a zero byte, which PostgreSQL cannot keep.
  public init?(text: String) {
    guard text.utf8.count <= 200, !text.utf8.contains(0) else { return nil }
    self.text = text
  }

  /// Nothing but that something has happened.
  public static let something = Notice(empty: ())

  private init(empty: Void) { text = "" }
}

extension Queryable {
  /// Tells everybody who listens to the channel, as soon as the transaction commits; one round trip.
  ///
  /// Within a transaction, notices that are equal are told once; a listener that has not read a notice yet does not get
  /// an equal one behind it. So a storm of changes to one record costs its readers little, and the sender need not hold
  /// anything back. Errors and cancelling as for any statement that writes.
  public func notify(_ channel: Channel, _ notice: Notice = .something) async throws(RelationalError) {
    try await execute(notifyStatement, channel.name, notice.text)
  }
}

private let notifyStatement = Statement<NoRow>("relational.notify", "SELECT FROM pg_notify($1, $2)")
