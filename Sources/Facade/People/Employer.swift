public import Relational

/// An organisation that vouches for its people.
public struct Employer: Sendable, Hashable, RowDecodable {
  /// Its id.
  public let id: EmployerID
  /// Its name, unlike every other's.
  public let name: String
  /// The unified social credit code, 18 characters.
  public let creditCode: String
  /// Where it is.
  public let district: District
  /// Whether it belongs to a key industry; a sample notion.
  public let isKeyIndustry: Bool
  /// Whether it belongs to the sample data.
  public let isSample: Bool

  /// Reads the columns in the order in which the statements name them.
  public init(row: inout RowReader) throws(DecodingFailure) {
    id = try row.next()
    name = try row.next()
    creditCode = try row.next()
    district = try row.next()
    isKeyIndustry = try row.next()
    isSample = try row.next()
  }

  init(id: EmployerID, name: String, creditCode: String, district: District, isKeyIndustry: Bool) {
    self.id = id
    self.name = name
    self.creditCode = creditCode
    self.district = district
    self.isKeyIndustry = isKeyIndustry
    isSample = false
  }
}

/// An employer to be entered.
public struct EmployerDraft: Sendable {
  /// Its name.
  public var name: String
  /// The unified social credit code.
  public var creditCode: String
  /// Where it is.
  public var district: District
  /// Whether it belongs to a key industry.
  public var isKeyIndustry: Bool

  /// An employer to be entered.
  public init(name: String, creditCode: String, district: District, isKeyIndustry: Bool) {
    self.name = name
    self.creditCode = creditCode
    self.district = district
    self.isKeyIndustry = isKeyIndustry
  }
}
