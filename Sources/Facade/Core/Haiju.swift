import Cache
import Documents
import GMCrypto
import Kernel
import Logging
import Relational
import TimeSeries

/// Haiju's storage core: typed repositories above PostgreSQL, the document store, the time series and the cache.
///
/// ```swift
/// let haiju = try await Haiju.open(configuration)
/// let person = try await haiju.people.require(id, as: actor)
/// ```
/// One value serves the whole program; it is safe to use from any task. Reads say who asks (`as:`); writes go through
/// `act(as:)` or the repositories' verbs, which are one action each.
public struct Haiju: Sendable {
  /// People, known by identity document, each at most once.
  public let people: People
  /// Employers that vouch for their people.
  public let employers: Employers
  /// Certification from registration to talent code.
  public let certifications: Certifications
  /// One dossier per person.
  public let dossiers: Dossiers
  /// Health readings, their trends and alerts.
  public let readings: Readings
  /// The catalogue of services and who may use them.
  public let services: Services
  /// What people applied for and how far it is.
  public let cases: Cases
  /// Accounts, sign-in and sessions.
  public let accounts: Accounts
  /// Notices to a person.
  public let inbox: Inbox
  /// The trail of who did what.
  public let audit: Audit
  /// Whether the stores answer and agree.
  public let health: Health

  let core: Core

  /// Opens the stores and starts the projector.
  ///
  /// PostgreSQL must answer; MongoDB and Redis may be away and are used when they come. Does not migrate.
  public static func open(_ configuration: HaijuConfiguration) async throws(HaijuError) -> Haiju {
    let haiju = Haiju(core: try await Core.open(configuration))
    if configuration.projects { haiju.core.projector.start() }
    return haiju
  }

  init(core: Core) {
    self.core = core
    people = People(core: core)
    employers = Employers(core: core)
    certifications = Certifications(core: core)
    dossiers = Dossiers(core: core)
    readings = Readings(core: core)
    services = Services(core: core)
    cases = Cases(core: core)
    accounts = Accounts(core: core)
    inbox = Inbox(core: core)
    audit = Audit(core: core)
    health = Health(core: core)
  }

  /// Does several things as one action: all of it is committed, with history, audit and outbox, or none.
  ///
  /// The body may run again when PostgreSQL asks for a retry, so it must not have effects of its own. After the commit the
  /// dossier is brought up to date before this returns, as far as the document store lets it. Cancelling before the
  /// commit undoes everything; during it throws `.unavailable(mayHaveHappened: true)`.
  public func act<Value: Sendable>(
    as actor: Actor, _ body: @Sendable (Action) async throws -> Value
  ) async throws(HaijuError) -> Committed<Value> {
    try await core.act(as: actor, body)
  }

  /// Ends the projector and closes the stores; calls under way end with `.unavailable`.
  public func close() async { await core.close() }
}
