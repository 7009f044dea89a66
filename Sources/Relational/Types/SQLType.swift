/// A PostgreSQL type as it is named on the wire.
public struct SQLType: Hashable, Sendable, CustomStringConvertible {
  /// The object id, fixed for built-in types.
  public let oid: UInt32
  /// The name as SQL writes it.
  public let name: String

  /// A type by its object id and name.
  public init(oid: UInt32, name: String) {
    self.oid = oid
    self.name = name
  }

  /// The name as SQL writes it.
  public var description: String { name }

  /// The name of a built-in type for messages; the number for all others.
  static func name(of oid: UInt32) -> String { builtIn[oid] ?? "type \(oid)" }

  private static let builtIn: [UInt32: String] = [
    16: "bool", 17: "bytea", 18: "char", 19: "name", 20: "int8", 21: "int2", 23: "int4", 25: "text", 26: "oid",
    114: "json", 700: "float4", 701: "float8", 705: "unknown", 1000: "bool[]", 1001: "bytea[]", 1005: "int2[]",
    1007: "int4[]", 1009: "text[]", 1015: "varchar[]", 1016: "int8[]", 1022: "float8[]", 1042: "bpchar",
    1043: "varchar", 1082: "date", 1083: "time", 1114: "timestamp", 1115: "timestamp[]", 1182: "date[]",
    1184: "timestamptz", 1185: "timestamptz[]", 1186: "interval", 1231: "numeric[]", 1700: "numeric", 2278: "void",
    2950: "uuid", 2951: "uuid[]", 3802: "jsonb", 3807: "jsonb[]", 5069: "xid8",
  ]
}
