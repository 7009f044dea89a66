import Documents
import Kernel
import Logging
import Relational
import Synchronization

/// Brings committed dossier changes from the outbox to MongoDB, in order per person, until they are there.
///
/// A request that has committed calls `apply` for its own people first, so that normally the dossier is current when
/// the answer goes out; a loop in the background takes whatever is left: after a crash, while MongoDB was away, or from
/// another program. Both may meet on one person: writes are guarded by the revision, so the slower one changes nothing.
/// Rows are found by being there, not by their place in the sequence, so commits that become visible late are not lost.
final class Projector: Sendable {
  private let database: Database
  private let store: DossierStore
  private let logger: Logger
  private let state = Mutex(State())

  private struct State {
    var loop: Task<Void, Never>?
    /// Until when the document store is taken to be away, so that requests do not wait for it.
    var awayUntil: ContinuousClock.Instant?
    /// Whether the log has told of the absence, so that it tells of the return once.
    var isAnnounced = false
  }

  /// How long a request waits for its own dossier changes; what is not there by then comes a little later.
  private static let patience = Duration.milliseconds(400)
  /// How many people the loop takes at once.
  private static let batchSize = 200

  init(database: Database, store: DossierStore, logger: Logger) {
    self.database = database
    self.store = store
    self.logger = logger
  }

  /// Starts the loop; a second call does nothing.
  func start() {
    state.withLock { state in
      guard state.loop == nil else { return }
      state.loop = Task { [self] in await run() }
    }
  }

  /// Ends the loop and waits for its last round.
  func stop() async {
    let loop = state.withLock { state in
      defer { state.loop = nil }
      return state.loop
    }
    loop?.cancel()
    await loop?.value
  }

  /// Tries to bring some people's dossiers up to date now; never throws, because the loop will do it otherwise.
  func apply(_ people: Set<PersonID>) async {
    guard !people.isEmpty, !isAway else { return }
    do {
      try await project(Array(people), deadline: .after(Self.patience))
    } catch {
      noteAway(error)
    }
  }

  /// Folds and writes all pending changes of some people and clears their outbox rows; returns how many people are done.
  @discardableResult
  func project(_ people: [PersonID], deadline: Deadline) async throws -> Int {
    let existing = try await store.load(people, deadline: deadline)
    let changes = try await database.query(ProjectionStatements.pendingOf, people)
    var folded: [FoldedDossier] = []
    var done: [PersonID: Int64] = [:]
    for (person, pending) in Dictionary(grouping: changes, by: \.person) {
      var document = existing[person] ?? DossierDocument(person: person)
      let base = document.revision
      var missing = pending
      if let first = pending.first, first.revision > base + 1 {
        // The document is older than its outbox says: lost, restored from a backup, or removed to be made anew.
        missing = try await database.query(DossierStatements.changesAfter, person, base)
      }
      document.apply(missing)
      if document.revision > base {
        folded.append(FoldedDossier(document: document, base: base, changes: missing.filter { $0.revision > base }))
      } else {
        done[person] = base
      }
    }
    for dossier in try await store.save(folded, deadline: deadline) {
      done[dossier.document.person] = dossier.document.revision
    }
    guard !done.isEmpty else { return 0 }
    let people = Array(done.keys)
    _ = try await database.execute(ProjectionStatements.clear, people, people.map { done[$0, default: 0] })
    return done.count
  }

  /// How many changes wait, and for how long the oldest has.
  func backlog() async throws -> (count: Int64, oldest: Instant?) {
    let row = try await database.first(ProjectionStatements.backlog)
    return (row?.count ?? 0, row?.oldest)
  }

  private func run() async {
    var pause = Duration.milliseconds(200)
    while !Task.isCancelled {
      do {
        let due = try await database.query(ProjectionStatements.due, Int64(Self.batchSize))
        if due.isEmpty {
          pause = .milliseconds(200)
        } else {
          let done = try await project(due, deadline: .after(.seconds(10)))
          noteBack()
          pause = done > 0 ? .zero : .milliseconds(200)
        }
      } catch {
        if Task.isCancelled { return }
        noteAway(error)
        pause = min(max(pause * 2, .milliseconds(250)), .seconds(5))
      }
      if pause > .zero { try? await Task.sleep(for: pause) }
    }
  }

  /// Whether the document store was away a moment ago, so that nobody needs to wait for it now.
  var isAway: Bool { state.withLock { state in state.awayUntil.map { $0 > .now } ?? false } }

  /// Requests pass the document store by for a while; a store that is only slow is given another chance sooner.
  func noteAway(_ error: any Error) {
    let isSlow = (error as? DocumentError)?.code == .deadline
    let isNew = state.withLock { state in
      defer { state.awayUntil = .now + (isSlow ? .milliseconds(300) : .seconds(2)) }
      guard !isSlow, !state.isAnnounced else { return false }
      state.isAnnounced = true
      return true
    }
    if isNew { logger.warning("dossiers wait for the document store", metadata: ["cause": "\(error)"]) }
  }

  private func noteBack() {
    let wasAway = state.withLock { state in
      defer {
        state.awayUntil = nil
        state.isAnnounced = false
      }
      return state.isAnnounced
    }
    if wasAway { logger.notice("dossiers reach the document store again") }
  }
}
