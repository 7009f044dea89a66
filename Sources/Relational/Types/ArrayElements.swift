public import Foundation
public import Kernel

// Which array type belongs to which element.

extension Bool: SQLArrayElement {
  /// `bool[]`.
  public static var arrayType: SQLType { SQLType(oid: 1000, name: "bool[]") }
}
extension Int16: SQLArrayElement {
  /// `int2[]`.
  public static var arrayType: SQLType { SQLType(oid: 1005, name: "int2[]") }
}
extension Int32: SQLArrayElement {
  /// `int4[]`.
  public static var arrayType: SQLType { SQLType(oid: 1007, name: "int4[]") }
}
extension Int64: SQLArrayElement {
  /// `int8[]`.
  public static var arrayType: SQLType { SQLType(oid: 1016, name: "int8[]") }
}
extension Int: SQLArrayElement {
  /// `int8[]`.
  public static var arrayType: SQLType { SQLType(oid: 1016, name: "int8[]") }
}
extension Double: SQLArrayElement {
  /// `float8[]`.
  public static var arrayType: SQLType { SQLType(oid: 1022, name: "float8[]") }
}
extension String: SQLArrayElement {
  /// `text[]`.
  public static var arrayType: SQLType { SQLType(oid: 1009, name: "text[]") }
  /// `text[]`, `varchar[]`, `bpchar[]` and `name[]`.
  public static func acceptsArray(_ oid: UInt32) -> Bool { oid == 1009 || oid == 1015 || oid == 1014 || oid == 1003 }
}
extension UUID: SQLArrayElement {
  /// `uuid[]`.
  public static var arrayType: SQLType { SQLType(oid: 2951, name: "uuid[]") }
}
extension Identifier: SQLArrayElement {
  /// `uuid[]`.
  public static var arrayType: SQLType { UUID.arrayType }
}
extension Instant: SQLArrayElement {
  /// `timestamptz[]`.
  public static var arrayType: SQLType { SQLType(oid: 1185, name: "timestamptz[]") }
}
extension CivilDate: SQLArrayElement {
  /// `date[]`.
  public static var arrayType: SQLType { SQLType(oid: 1182, name: "date[]") }
}
extension JSONText: SQLArrayElement {
  /// `jsonb[]`.
  public static var arrayType: SQLType { SQLType(oid: 3807, name: "jsonb[]") }
  /// `jsonb[]` and `json[]`.
  public static func acceptsArray(_ oid: UInt32) -> Bool { oid == 3807 || oid == 199 }
}
extension SQLDecimal: SQLArrayElement {
  /// `numeric[]`.
  public static var arrayType: SQLType { SQLType(oid: 1231, name: "numeric[]") }
}
extension UInt32: SQLArrayElement {
  /// `oid[]`.
  public static var arrayType: SQLType { SQLType(oid: 1028, name: "oid[]") }
}
extension UInt64: SQLArrayElement {
  /// `xid8[]`.
  public static var arrayType: SQLType { SQLType(oid: 271, name: "xid8[]") }
}
extension Float: SQLArrayElement {
  /// `float4[]`.
  public static var arrayType: SQLType { SQLType(oid: 1021, name: "float4[]") }
}
extension TimeOfDay: SQLArrayElement {
  /// `time[]`.
  public static var arrayType: SQLType { SQLType(oid: 1183, name: "time[]") }
}
extension CivilDateTime: SQLArrayElement {
  /// `timestamp[]`.
  public static var arrayType: SQLType { SQLType(oid: 1115, name: "timestamp[]") }
}
extension SQLInterval: SQLArrayElement {
  /// `interval[]`.
  public static var arrayType: SQLType { SQLType(oid: 1187, name: "interval[]") }
}
extension SQLNetworkAddress: SQLArrayElement {
  /// `inet[]`.
  public static var arrayType: SQLType { SQLType(oid: 1041, name: "inet[]") }
  /// `inet[]` and `cidr[]`.
  public static func acceptsArray(_ oid: UInt32) -> Bool { oid == 1041 || oid == 651 }
}
