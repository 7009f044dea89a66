/// Names for the types that only the server knows, looked up when an error has to tell them.
extension Queryable {
  /// The same error, with the name of a column's type that is not built in: `address (composite)` instead of a number.
  ///
  /// One round trip over the way that the statement took, only for such an error. Without an answer the number stays.
  func namingType(_ error: RelationalError) async -> RelationalError {
    guard let failure = error.underlying as? DecodingFailure,
      case .type(let expected, let actual) = failure.reason, !actual.isBuiltIn
    else { return error }
    // Whatever prevents the look-up, the first error is the one that matters.
    guard let name = try? await perform(StatementCall(TypeNames.describe, [actual.oid])).rows(String.self).first
    else { return error }
    let named = DecodingFailure(
      .type(expected: expected, actual: SQLType(oid: actual.oid, name: name)), column: failure.column)
    // The message begins with the column's name, which stays.
    let message = error.message.dropLast(failure.description.count) + named.description
    return RelationalError(.decoding, String(message), statement: error.statement, underlying: named)
  }
}

private enum TypeNames {
  /// A type as SQL writes it, and its kind unless it is a plain one.
  static let describe = Statement<String>(
    "relational.typeName", lane: .shared,
    """
    SELECT format_type(t.oid, NULL) || CASE coalesce(e.typtype, t.typtype)
             WHEN 'c' THEN ' (composite)' WHEN 'e' THEN ' (enum)' WHEN 'r' THEN ' (range)'
             WHEN 'm' THEN ' (multirange)' WHEN 'p' THEN ' (pseudo-type)' ELSE '' END
      FROM pg_type t LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
     WHERE t.oid = $1
    """)
}
