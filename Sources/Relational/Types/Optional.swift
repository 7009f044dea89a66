extension Optional: SQLTyped where Wrapped: SQLTyped {
  /// The type of what is wrapped.
  @inlinable public static var sqlType: SQLType { Wrapped.sqlType }
}

extension Optional: SQLEncodable where Wrapped: SQLEncodable {
  /// `nil` is null.
  public var isSQLNull: Bool { self?.isSQLNull ?? true }
  /// What is wrapped.
  public func encode(into writer: inout SQLWriter) throws(EncodingFailure) { try self?.encode(into: &writer) }
}

extension Optional: RowDecodable where Wrapped: SQLDecodable {}

extension Optional: SQLDecodable where Wrapped: SQLDecodable {
  /// What the wrapped type accepts.
  @inlinable
  public static func accepts(_ oid: UInt32) -> Bool { Wrapped.accepts(oid) }
  /// Null is `nil`.
  @inlinable
  public init(sqlNull: Void) throws(DecodingFailure) { self = nil }
  /// Reads what is wrapped.
  @inlinable
  public init(sqlBytes bytes: UnsafeRawBufferPointer) throws(DecodingFailure) { self = try Wrapped(sqlBytes: bytes) }
}
