public import Foundation
public import Kernel

extension UUID: SQLValue {
  /// `uuid`.
  @inlinable public static var sqlType: SQLType { SQLType(oid: 2950, name: "uuid") }
  /// Its sixteen bytes.
  public func encode(into writer: inout SQLWriter) {
    withUnsafeBytes(of: uuid) { writer.write(bytes: $0) }
  }
  /// Reads sixteen bytes.
  @inlinable
  public init(sqlBytes bytes: UnsafeRawBufferPointer) throws(DecodingFailure) {
    guard bytes.count == 16 else { throw DecodingFailure(.malformed(Self.sqlType)) }
    self.init(uuid: bytes.loadUnaligned(as: uuid_t.self))
  }
}

extension Identifier: SQLTyped, SQLEncodable, SQLDecodable, RowDecodable {
  /// `uuid`.
  @inlinable public static var sqlType: SQLType { UUID.sqlType }
  /// Its sixteen bytes.
  public func encode(into writer: inout SQLWriter) { uuid.encode(into: &writer) }
  /// Reads sixteen bytes.
  @inlinable
  public init(sqlBytes bytes: UnsafeRawBufferPointer) throws(DecodingFailure) {
    self.init(try UUID(sqlBytes: bytes))
  }
}

extension CommitMark: SQLTyped, SQLEncodable, SQLDecodable, RowDecodable {
  /// `xid8`, as `pg_current_xact_id()` gives it.
  @inlinable public static var sqlType: SQLType { UInt64.sqlType }
  /// The transaction's id.
  public func encode(into writer: inout SQLWriter) { transaction.encode(into: &writer) }
  /// Reads a transaction's id.
  @inlinable
  public init(sqlBytes bytes: UnsafeRawBufferPointer) throws(DecodingFailure) {
    self.init(transaction: try UInt64(sqlBytes: bytes))
  }
}
