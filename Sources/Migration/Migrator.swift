public import Documents
public import Kernel
public import Relational

/// Brings the stores to the state that a folder of migrations describes.
///
/// Works with any folder and with one store or both; files of a store that is not given are left out. Only one migrator
/// works on a database at a time. A document store without a relational one has no lock: its operations may be repeated,
/// so two migrators at once do the same twice and end in the same state.
public struct Migrator: Sendable {
  private let folder: MigrationFolder
  private let database: Database?
  private let documents: DocumentLedger?
  private let clock: any WallClock

  /// A migrator over open stores. `database` needs a role that may change the schema.
  public init(
    folder: MigrationFolder, database: Database?, documents: DocumentStore?, clock: any WallClock = SystemClock()
  ) {
    self.folder = folder
    self.database = database
    self.documents = documents.map(DocumentLedger.init)
    self.clock = clock
  }

  /// How every migration stands, by number; one round trip to each store, both at once, and no lock.
  ///
  /// Throws `.store` when one cannot be asked.
  public func status() async throws(MigrationError) -> [MigrationStatus] {
    do {
      async let relational = relationalEntries()
      async let documents = documentEntries()
      return judge(try await relational + (try await documents))
    } catch let error as MigrationError {
      throw error
    } catch {
      throw .store(.relational, error)
    }
  }

  /// Returns when every file is applied; throws `.history` on a misfit and `.notCurrent` when something is to be run.
  ///
  /// For a program about to serve: it must not run on a schema that it does not know.
  public func verifyCurrent() async throws(MigrationError) {
    let statuses = try await status()
    try Self.refuseProblems(statuses)
    let open = statuses.filter { $0.state != .applied }
    guard open.isEmpty else { throw .notCurrent(open) }
  }

  /// Runs what is pending, in order, and returns it; nothing is run when anything does not fit.
  ///
  /// Takes the database's lock of migrators, waiting at most `patience` for another one (`.locked`), and reads the ledger
  /// under it, so each migration runs once however many apply. When all is applied already, no lock is taken. A `.sql`
  /// file runs in one transaction together with its row in the ledger; with `transaction=none` statement by statement,
  /// each recorded, and an interrupted file goes on where it stopped. Cancelling stops between or inside statements with
  /// the same guarantees as a failure.
  public func apply(
    patience: Duration = .seconds(600), progress: @escaping @Sendable (MigrationProgress) -> Void = { _ in }
  ) async throws(MigrationError) -> [MigrationStatus] {
    let before = try await status()
    try Self.refuseProblems(before)
    if before.allSatisfy({ $0.state == .applied }) { return [] }
    do {
      guard let database else { return try await run(on: nil, progress: progress) }
      return try await database.withSession { session in
        try await withLock(session, patience: patience, progress: progress) {
          try await run(on: session, progress: progress)
        }
      }
    } catch let error as MigrationError {
      if case .failed(let step) = error, Self.isCancellation(step.underlying) { throw .cancelled }
      throw error
    } catch {
      throw Self.isCancellation(error) ? .cancelled : .store(.relational, error)
    }
  }

  private static func isCancellation(_ error: any Error) -> Bool {
    error is CancellationError || (error as? RelationalError)?.code == .cancelled
      || (error as? DocumentError)?.code == .cancelled
  }

  private func run(
    on session: Session?, progress: @Sendable @escaping (MigrationProgress) -> Void
  ) async throws -> [MigrationStatus] {
    if let session, try await RelationalLedger.read(session) == nil { try await makeLedger(session) }
    // Read again inside the lock: what another migrator finished meanwhile is not run twice.
    var ledger: [LedgerEntry] = []
    if let session { ledger = try await RelationalLedger.read(session) ?? [] }
    let statuses = judge(ledger + (try await documentEntries()))
    try Self.refuseProblems(statuses)
    let open = Set(statuses.filter { $0.state != .applied }.map(\.number))
    var applied: [MigrationStatus] = []
    for file in folder.files where open.contains(file.number) {
      try Task.checkCancellation()
      let start = ContinuousClock.now
      progress(.started(file: file.fileName, steps: file.steps))
      switch file.body {
      case .relational(let script):
        guard let session else { continue }
        let earlier = ledger.first { $0.number == file.number }
        try await RelationalRunner(
          session: session, file: file, script: script, earlier: earlier, progress: progress
        ).run()
      case .documents(let plan): try await documents?.apply(file, plan, clock: clock)
      }
      progress(.finished(file: file.fileName, after: start.duration(to: .now)))
      applied.append(
        MigrationStatus(
          number: file.number, name: file.name, store: file.store, state: .applied, appliedAt: clock.now()))
    }
    return applied
  }

  private func makeLedger(_ session: Session) async throws {
    try await session.script("BEGIN")
    do {
      for statement in RelationalLedger.schema { try await session.script(statement) }
      try await session.script("COMMIT")
    } catch {
      try? await uncancelled { try await session.script("ROLLBACK") }
      throw error
    }
  }

  private func withLock<T: Sendable>(
    _ session: Session, patience: Duration, progress: @Sendable (MigrationProgress) -> Void,
    _ body: () async throws -> T
  ) async throws -> T {
    let deadline = Deadline.after(patience)
    var pause = Duration.milliseconds(25)
    var told = false
    while try await session.first(RelationalLedger.tryLock, RelationalLedger.lockKey) != true {
      if deadline.hasPassed { throw MigrationError.locked }
      if !told { progress(.waiting) }
      told = true
      try await Task.sleep(for: min(pause, deadline.remaining))
      pause = min(pause * 2, .milliseconds(500))
    }
    let unlock: @Sendable () async throws -> Void = {
      _ = try await session.first(RelationalLedger.unlock, RelationalLedger.lockKey)
    }
    do {
      let result = try await body()
      try await uncancelled(unlock)
      return result
    } catch {
      // When the connection is gone the server has taken the lock back itself.
      try? await uncancelled(unlock)
      throw error
    }
  }

  private func judge(_ entries: [LedgerEntry]) -> [MigrationStatus] {
    var stores: Set<MigrationStore> = []
    if database != nil { stores.insert(.relational) }
    if documents != nil { stores.insert(.documents) }
    return History(files: folder.files).judge(entries, stores: stores)
  }

  private func relationalEntries() async throws(MigrationError) -> [LedgerEntry] {
    guard let database else { return [] }
    return try await RelationalLedger.read(database) ?? []
  }

  private func documentEntries() async throws(MigrationError) -> [LedgerEntry] {
    guard let documents else { return [] }
    return try await documents.read()
  }

  private static func refuseProblems(_ statuses: [MigrationStatus]) throws(MigrationError) {
    let problems = statuses.filter(\.isProblem)
    guard problems.isEmpty else { throw .history(problems) }
  }
}
