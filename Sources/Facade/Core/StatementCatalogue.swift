import Relational

/// A statement of the catalogue, whatever its rows are.
protocol CataloguedStatement: Sendable {
  var name: String { get }
  var lane: Lane { get }
  var sql: String { get }
}

extension Statement: CataloguedStatement {}
extension KeyedStatement: CataloguedStatement {}

/// Every statement that the facade sends, so that tests can hold each against the migrated schema.
enum StatementCatalogue {
  static let all: [any CataloguedStatement] =
    AccountStatements.all + SessionStatements.all + ActionStatements.all + AuditStatements.all + CaseStatements.all
    + CertificationStatements.all + DossierStatements.all + EmployerStatements.all + InboxStatements.all
    + PersonStatements.all + ProjectionStatements.all + ReadingStatements.all + SeedStatements.all
    + ServiceStatements.all
}
