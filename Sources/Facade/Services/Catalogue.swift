import Kernel
import Relational
import Synchronization

/// The current definitions in memory, the same for all readers of this process.
///
/// Every publication grows a revision in PostgreSQL. A reader compares it at most every half second, and at once when a
/// publication was announced (LISTEN) or made here; only a new revision loads the definitions again. So what another
/// process published is seen within a second even when its announcement is lost.
final class Catalogue: Sendable {
  private let database: Database
  private let state = Mutex(State())

  private struct State {
    var snapshot: CatalogueSnapshot?
    var checkedAt: ContinuousClock.Instant?
    /// Grows whenever somebody says that a publication happened.
    var generation = 0
    /// The generation that the snapshot was compared in.
    var checkedGeneration = -1
    var refresh: (generation: Int, task: Task<CatalogueSnapshot, any Error>)?
    var listener: Task<Void, Never>?
  }

  /// How long a comparison counts.
  private static let interval = Duration.milliseconds(500)

  init(database: Database) { self.database = database }

  deinit { state.withLock { $0.listener?.cancel() } }

  /// The definitions as of at most half a second ago, and never older than what was announced.
  ///
  /// Usually no round trip; otherwise one for all readers together, and a second one after a publication.
  func current() async throws -> CatalogueSnapshot {
    enum Way {
      case ready(CatalogueSnapshot)
      case refresh(Task<CatalogueSnapshot, any Error>)
    }
    let way: Way = state.withLock { state in
      listen(&state)
      if let snapshot = state.snapshot, let checkedAt = state.checkedAt, state.checkedGeneration == state.generation,
        checkedAt + Self.interval > .now
      {
        return .ready(snapshot)
      }
      if let refresh = state.refresh, refresh.generation == state.generation { return .refresh(refresh.task) }
      // Detached: many readers wait for it, one that is cancelled must not take the answer from the others, and one that
      // is inside a transaction must not have it count as part of that.
      let (generation, known) = (state.generation, state.snapshot)
      let task = Task.detached { try await self.refresh(generation, known: known) }
      state.refresh = (generation, task)
      return .refresh(task)
    }
    switch way {
    case .ready(let snapshot): return snapshot
    case .refresh(let task): return try await task.value
    }
  }

  /// Something was published: the next reader compares before it answers.
  func invalidate() { state.withLock { $0.generation += 1 } }

  private func refresh(_ generation: Int, known: CatalogueSnapshot?) async throws -> CatalogueSnapshot {
    defer { state.withLock { if $0.refresh?.generation == generation { $0.refresh = nil } } }
    let start = ContinuousClock.now
    // The revision is read first: definitions that are newer than it only cause another comparison.
    let revision = try await database.first(ServiceStatements.revision) ?? 0
    let snapshot: CatalogueSnapshot
    if let known, known.revision == revision {
      snapshot = known
    } else {
      let rows = try await database.query(ServiceStatements.current)
      snapshot = CatalogueSnapshot(revision: revision, definitions: rows.map(\.definition))
    }
    return state.withLock { state in
      guard generation >= state.checkedGeneration else { return state.snapshot ?? snapshot }
      state.snapshot = snapshot
      state.checkedGeneration = generation
      state.checkedAt = start
      return snapshot
    }
  }

  /// Starts listening with the first reader; the stream ends when the database is closed.
  private func listen(_ state: inout State) {
    guard state.listener == nil else { return }
    let announcements = database.listen(Self.channel)
    // A gap means that announcements may have been lost, so it counts as one.
    state.listener = Task.detached { [weak self] in
      for await _ in announcements { self?.invalidate() }
    }
  }

  static let channel: Channel = "catalogue"
}
