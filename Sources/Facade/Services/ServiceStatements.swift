import Foundation
import Kernel
import Relational

/// A published definition as stored.
struct PublishedDefinition: RowDecodable {
  let definition: ServiceDefinition

  init(row: inout RowReader) throws(DecodingFailure) {
    let json: JSONText = try row.next()
    do {
      definition = try JSONDecoder().decode(ServiceDefinition.self, from: Data(json.text.utf8))
    } catch {
      throw DecodingFailure(.refused("service_definition.definition of an unknown form"))
    }
  }
}

/// The newest version of a definition, whether or not it is in use.
struct LatestVersion: RowDecodable {
  let id: String
  let version: Int32
  let digest: [UInt8]
  let isRetired: Bool

  init(row: inout RowReader) throws(DecodingFailure) {
    id = try row.next()
    version = try row.next()
    digest = try row.next()
    isRetired = try row.next()
  }
}

extension Standing: RowDecodable {
  init(row: inout RowReader) throws(DecodingFailure) {
    district = try row.next()
    level = try row.next()
    certifiedUntil = try row.next()
  }
}

enum ServiceStatements {
  /// The catalogue's revision; primary key, one row.
  static let revision = Statement<Int64>(
    "service.revision", lane: .shared, "SELECT revision FROM service_catalogue")

  /// All definitions in use; index `service_definition_current`. On the shared lane, because a submission reads the
  /// catalogue while it holds a connection and must not wait for a second one.
  static let current = Statement<PublishedDefinition>(
    "service.current", lane: .shared, "SELECT definition FROM service_definition WHERE retired_at IS NULL")

  /// What eligibility depends on; primary keys, and `certification_one_active` for the certification.
  ///
  /// Of several certifications the highest level counts; an expired or revoked one does not.
  static let standing = Statement<Standing>(
    "service.standing", lane: .shared,
    """
    SELECT e.district, held.level, held.until
      FROM person p
      JOIN employer e ON e.id = p.employer_id
      LEFT JOIN LATERAL (
        SELECT c.level, upper(c.valid) AS until
          FROM certification c JOIN talent_code t ON t.certification_id = c.id
         WHERE c.person_id = p.id AND c.valid @> $2::date AND t.revoked_at IS NULL
         ORDER BY c.level
         LIMIT 1) held ON true
     WHERE p.id = $1
    """)

  /// Makes publications follow each other.
  static let lock = Statement<Int64>("service.lock", "SELECT revision FROM service_catalogue FOR UPDATE")

  /// Those of the given units that exist.
  static let units = Statement<String>("service.units", "SELECT name FROM unit WHERE name = ANY ($1)")

  /// The newest version of each definition.
  static let latest = Statement<LatestVersion>(
    "service.latest",
    """
    SELECT DISTINCT ON (id) id, version, digest, retired_at IS NOT NULL
      FROM service_definition
     ORDER BY id, version DESC
    """)

  static let retire = Statement<NoRow>(
    "service.retire",
    "UPDATE service_definition SET retired_at = $2 WHERE id = ANY ($1) AND retired_at IS NULL")

  static let insert = Statement<NoRow>(
    "service.insert",
    """
    INSERT INTO service_definition (id, version, digest, definition, published_at)
    SELECT id, version, digest, definition::jsonb, $5
      FROM unnest($1::text[], $2::integer[], $3::bytea[], $4::text[]) AS new (id, version, digest, definition)
    """)

  /// A new revision, announced to all programs when the transaction commits.
  static let announce = Statement<Int64>(
    "service.announce",
    """
    WITH grown AS (UPDATE service_catalogue SET revision = revision + 1 RETURNING revision)
    SELECT revision FROM grown, LATERAL pg_notify('\(Catalogue.channel)', revision::text)
    """)

  static let all: [any CataloguedStatement] = [
    revision, current, standing, lock, units, latest, retire, insert, announce,
  ]
}
