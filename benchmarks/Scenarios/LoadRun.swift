import Histogram
import Synchronization

/// A number of users who each do one operation after the other, without pause, for some time.
///
/// The load is closed: a user waits for the answer before going on, so a slow server gets fewer requests, and the times
/// are those that this many patient users see. Client and server share the machine's cores unless they are apart.
public struct LoadRun: Sendable {
  /// How a run goes.
  public struct Settings: Sendable, Hashable {
    /// How many users act at once.
    public var users: Int
    /// How long; operations begun before the end are finished and counted.
    public var duration: Duration
    /// The seed of all random choices.
    public var seed: UInt64
    /// The longest wait for one answer.
    public var timeout: Duration

    /// The settings of a run.
    public init(users: Int, duration: Duration, seed: UInt64 = 1, timeout: Duration = .seconds(30)) {
      self.users = max(1, users)
      self.duration = duration
      self.seed = seed
      self.timeout = timeout
    }
  }

  /// How many users prepare at once: signing in is expensive on purpose, and not what is measured.
  static let preparingAtOnce = 8
  /// The pause after an operation that failed: a server that is down must not be measured by how fast it refuses.
  static let pauseAfterFailure = Duration.milliseconds(50)

  private let scenario: LoadScenario
  private let target: LoadTarget
  private let settings: Settings

  /// A run that has not begun.
  public init(_ scenario: LoadScenario, against target: LoadTarget, settings: Settings) {
    self.scenario = scenario
    self.target = target
    self.settings = settings
  }

  /// Prepares the users, lets them act, and closes their connections.
  ///
  /// A user whose preparation failed takes no part and is counted under `prepare`. Cancelling ends the run early with
  /// what was measured until then. Never throws: what goes wrong is in the outcome.
  public func run() async -> LoadOutcome {
    let preparing = OperationRecorder(name: "prepare")
    let recorders = scenario.operations.map { OperationRecorder(name: $0.name) }
    let users = await prepared(preparing)
    let requestsBefore = users.reduce(0) { $0 + $1.requests }
    let start = ContinuousClock.now
    let end = start + settings.duration
    await withTaskGroup(of: Void.self) { group in
      for user in users { group.addTask { await act(user, until: end, recorders) } }
    }
    let elapsed = ContinuousClock.now - start
    for user in users { await user.client.close() }
    return LoadOutcome(
      scenario: scenario.name, settings: settings, elapsed: elapsed,
      requests: users.reduce(0) { $0 + $1.requests } - requestsBefore,
      prepare: preparing.result(), operations: recorders.map { $0.result() })
  }

  private func prepared(_ recorder: OperationRecorder) async -> [LoadUser] {
    await withTaskGroup(of: LoadUser?.self) { group in
      var users: [LoadUser] = []
      for index in 0..<settings.users {
        if index >= Self.preparingAtOnce, let user = await group.next() { user.map { users.append($0) } }
        group.addTask {
          let user = LoadUser(
            index: index, client: LoadClient(target, timeout: settings.timeout), seed: settings.seed)
          let done = await recorder.measure { try await scenario.prepare(user) }
          if !done { await user.client.close() }
          return done ? user : nil
        }
      }
      for await user in group { user.map { users.append($0) } }
      return users
    }
  }

  private func act(_ user: LoadUser, until end: ContinuousClock.Instant, _ recorders: [OperationRecorder]) async {
    while ContinuousClock.now < end, !Task.isCancelled {
      guard let next = scenario.next(for: user) else { return }
      let done = await recorders[next].measure { try await scenario.operations[next].body(user) }
      // Cancelled sleep only means that the loop ends at its next turn.
      if !done { try? await Task.sleep(for: Self.pauseAfterFailure) }
    }
  }
}

/// Times and failures of one operation, from all users.
final class OperationRecorder: Sendable {
  private struct State {
    // Three digits up to an hour: 190 KB, and a percentile is off by a thousandth at most.
    var times = Histogram<UInt64>(highestTrackableValue: 3_600_000_000, numberOfSignificantValueDigits: .three)
    var failures: [String: Int] = [:]
  }

  private let name: String
  private let state = Mutex(State())

  init(name: String) { self.name = name }

  /// Runs and times a body; whether it was done. A body cut short by the end of the run counts neither way.
  func measure(_ body: () async throws -> Void) async -> Bool {
    let start = ContinuousClock.now
    do {
      try await body()
      let time = (ContinuousClock.now - start).components
      let microseconds = UInt64(time.seconds) * 1_000_000 + UInt64(time.attoseconds / 1_000_000_000_000)
      _ = state.withLock { $0.times.record(min(max(1, microseconds), 3_600_000_000)) }
      return true
    } catch {
      if Task.isCancelled { return false }
      let kind = (error as? LoadFailure)?.kind ?? "\(type(of: error))"
      state.withLock { $0.failures[kind, default: 0] += 1 }
      return false
    }
  }

  func result() -> OperationResult {
    state.withLock { OperationResult(name: name, times: $0.times, failures: $0.failures) }
  }
}
