/// A PostgreSQL type as it is named on the wire.
public struct SQLType: Hashable, Sendable, CustomStringConvertible {
  /// The object id, fixed for built-in types; 0 where the server infers the type from the statement.
  public let oid: UInt32
  /// The name as SQL writes it.
  public let name: String

  /// A type by its object id and name.
  @inlinable
  public init(oid: UInt32, name: String) {
    self.oid = oid
    self.name = name
  }

  /// A type by its object id, with its name if it is built in.
  @usableFromInline
  init(oid: UInt32) { self.init(oid: oid, name: Self.builtIn[oid] ?? "type \(oid)") }

  /// The name as SQL writes it.
  public var description: String { name }

  /// The object id to write where the server cannot infer it, as inside an array.
  var elementOID: UInt32 { oid == 0 ? String.sqlType.oid : oid }

  /// Whether the name is known without asking the server.
  var isBuiltIn: Bool { Self.builtIn[oid] != nil }

  /// The first number of types that were made after the server was installed: enums, composites, those of extensions.
  @usableFromInline static let firstOfApplication: UInt32 = 16384

  private static let builtIn: [UInt32: String] = [
    16: "bool", 17: "bytea", 18: "char", 19: "name", 20: "int8", 21: "int2", 23: "int4", 25: "text", 26: "oid",
    28: "xid", 114: "json", 142: "xml", 199: "json[]", 271: "xid8[]", 600: "point", 650: "cidr", 651: "cidr[]",
    700: "float4", 701: "float8", 705: "unknown", 790: "money", 829: "macaddr", 869: "inet", 1000: "bool[]",
    1001: "bytea[]", 1003: "name[]", 1005: "int2[]", 1007: "int4[]", 1009: "text[]", 1014: "bpchar[]",
    1015: "varchar[]", 1016: "int8[]", 1021: "float4[]", 1022: "float8[]", 1028: "oid[]", 1041: "inet[]",
    1042: "bpchar", 1043: "varchar", 1082: "date", 1083: "time", 1114: "timestamp", 1115: "timestamp[]",
    1182: "date[]", 1183: "time[]", 1184: "timestamptz", 1185: "timestamptz[]", 1186: "interval",
    1187: "interval[]", 1231: "numeric[]", 1266: "timetz", 1560: "bit", 1562: "varbit", 1700: "numeric",
    2205: "regclass", 2249: "record", 2278: "void", 2950: "uuid", 2951: "uuid[]", 3220: "pg_lsn",
    3614: "tsvector", 3802: "jsonb", 3807: "jsonb[]", 3904: "int4range", 3905: "int4range[]", 3906: "numrange",
    3907: "numrange[]", 3908: "tsrange", 3909: "tsrange[]", 3910: "tstzrange", 3911: "tstzrange[]",
    3912: "daterange", 3913: "daterange[]", 3926: "int8range", 3927: "int8range[]", 4072: "jsonpath",
    4451: "int4multirange", 4532: "nummultirange", 4533: "tsmultirange", 4534: "tstzmultirange",
    4535: "datemultirange", 4536: "int8multirange", 5069: "xid8", 6150: "int4multirange[]",
    6151: "nummultirange[]", 6152: "tsmultirange[]", 6153: "tstzmultirange[]", 6155: "datemultirange[]",
    6157: "int8multirange[]",
  ]
}
