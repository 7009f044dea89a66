import Foundation
import Kernel
import Relational

/// Runs one `.sql` file on the session that holds the migrators' lock.
struct RelationalRunner: Sendable {
  let session: Session
  let file: MigrationFile
  let script: RelationalScript
  /// What an earlier, interrupted run left.
  let earlier: LedgerEntry?
  let progress: @Sendable (MigrationProgress) -> Void

  /// How often a file or statement that did not get its lock is tried; between tries traffic flows.
  private static let attempts = 4

  /// All of it; afterwards the session's settings are what they were.
  func run() async throws {
    do {
      if script.transactional { try await runAsOne() } else { try await runOneByOne() }
    } catch {
      try? await uncancelled { try await restoreSettings() }
      throw error
    }
    try await uncancelled { try await restoreSettings() }
  }

  // MARK: One transaction

  private func runAsOne() async throws {
    for attempt in 1... {
      do { return try await transaction() } catch MigrationError.failed(let step) where mayRetry(step, attempt) {
        try await pause(attempt)
      }
    }
  }

  private func transaction() async throws {
    try await session.script("BEGIN")
    let done = earlier?.done ?? 0
    var current = min(done, script.statements.count - 1)
    var committing = false
    do {
      try await session.script("SET LOCAL lock_timeout = '\(script.lockTimeout)'")
      // More than none when a file that was interrupted between its statements has been given a transaction since.
      for index in done..<script.statements.count {
        current = index
        try await session.script(script.statements[index].text)
        progress(.step(file: file.fileName, index + 1, of: script.statements.count))
      }
      // The file may have changed the search path or the role; the ledger is written under the session's own.
      try await restoreSettings()
      try await RelationalLedger.write(file, done: script.statements.count, in: session)
      committing = true
      try await session.script("COMMIT")
    } catch {
      try? await uncancelled { try await session.script("ROLLBACK") }
      throw failure(at: current, error, advice: committing ? "COMMIT did not succeed" : nil)
    }
  }

  // MARK: Each statement alone

  private func runOneByOne() async throws {
    let done = earlier?.done ?? 0
    // The row stands before the first statement runs: whoever finds it half done knows that this one was begun.
    if earlier == nil { try await RelationalLedger.write(file, done: 0, in: session) }
    try await session.script("SET lock_timeout = '\(script.lockTimeout)'")
    for index in done..<script.statements.count {
      let resumed = index == done && earlier != nil
      let isDone = resumed ? try await isDoneAlready(index) : false
      if !isDone { try await runAlone(index, resumed: resumed) }
      // The statement has taken effect; its record must not get lost because the caller left.
      try await uncancelled { try await RelationalLedger.write(file, done: index + 1, in: session) }
      progress(.step(file: file.fileName, index + 1, of: script.statements.count))
    }
    // The statements that were missing may have been taken out of the file.
    if done == script.statements.count { try await RelationalLedger.write(file, done: done, in: session) }
  }

  private func runAlone(_ index: Int, resumed: Bool) async throws {
    let statement = script.statements[index]
    for attempt in 1... {
      if resumed || attempt > 1 { try await dropInvalidIndex(of: statement) }
      do { return try await session.script(statement.text) } catch {
        let step = failedStep(at: index, error, advice: advice(error, resumed: resumed))
        guard mayRetry(step, attempt) else {
          let state = error.sqlState
          try? await uncancelled { try await RelationalLedger.write(file, done: index, failure: state, in: session) }
          throw MigrationError.failed(step)
        }
        try await pause(attempt)
      }
    }
  }

  /// Whether a statement that was running when an earlier run was killed went on to its end in the server.
  private func isDoneAlready(_ index: Int) async throws -> Bool {
    guard earlier?.failure == nil, let name = script.statements[index].concurrentIndex else { return false }
    return try await session.first(RelationalLedger.indexIsValid, name) == true
  }

  /// `CREATE INDEX CONCURRENTLY` that fails or is cut off leaves an index that slows writes and serves no reads.
  private func dropInvalidIndex(of statement: SQLStatementText) async throws {
    guard let name = statement.concurrentIndex else { return }
    if try await session.first(RelationalLedger.indexIsValid, name) == false {
      try await session.script("DROP INDEX CONCURRENTLY \(name)")
    }
  }

  private func advice(_ error: RelationalError, resumed: Bool) -> String? {
    // duplicate table, column, object, schema
    let exists = ["42P07", "42701", "42710", "42P06"].contains(error.sqlState ?? "")
    guard exists, resumed, earlier?.failure == nil else { return nil }
    return "the earlier run was cut off while this statement ran, and it seems to have taken effect;"
      + " make it repeatable (IF NOT EXISTS) and apply again"
  }

  // MARK: Shared

  private func restoreSettings() async throws(RelationalError) {
    try await session.script("RESET search_path")
    try await session.script("RESET ROLE")
    try await session.script("RESET lock_timeout")
  }

  /// lock_not_available: nothing has happened, and the traffic that was in the way may be gone soon.
  private func mayRetry(_ step: FailedStep, _ attempt: Int) -> Bool {
    (step.underlying as? RelationalError)?.sqlState == "55P03" && attempt < Self.attempts
  }

  private func pause(_ attempt: Int) async throws { try await Task.sleep(for: .milliseconds(250) * (1 << attempt)) }

  private func failure(at index: Int, _ error: any Error, advice: String?) -> any Error {
    guard let error = error as? RelationalError else { return error }
    return MigrationError.failed(failedStep(at: index, error, advice: advice))
  }

  private func failedStep(at index: Int, _ error: RelationalError, advice: String?) -> FailedStep {
    FailedStep(
      file: file.fileName, step: index + 1, steps: script.statements.count, line: script.statements[index].line,
      advice: advice, underlying: error)
  }
}

extension SQLStatementText {
  /// The index that `CREATE INDEX CONCURRENTLY` makes, as written (perhaps quoted or qualified); `nil` for other
  /// statements and where PostgreSQL chooses the name.
  var concurrentIndex: String? {
    var rest = words[...]
    guard rest.popFirst() == "create" else { return nil }
    if rest.first == "unique" { rest.removeFirst() }
    guard rest.popFirst() == "index", rest.popFirst() == "concurrently",
      let keyword = text.range(of: "concurrently", options: .caseInsensitive)
    else { return nil }
    var tail = text[keyword.upperBound...].drop { $0.isWhitespace }
    if rest.starts(with: ["if", "not", "exists"]), let end = tail.range(of: "exists", options: .caseInsensitive) {
      tail = tail[end.upperBound...].drop { $0.isWhitespace }
    }
    var quoted = false
    let name = tail.prefix { character in
      if character == "\"" { quoted.toggle() }
      return quoted || !character.isWhitespace
    }
    return name.isEmpty || name.lowercased() == "on" ? nil : String(name)
  }
}
