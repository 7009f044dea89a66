import Kernel
import Logging

/// LISTEN for all channels of a database over one connection of its own, opened while somebody listens.
///
/// One task serves the connection: it alone sends LISTEN and UNLISTEN, so their order is the order of what was wanted,
/// and everybody hears a gap once listening has really begun.
actor Listener {
  private struct Audience {
    var mailboxes: [Int: Mailbox] = [:]
    /// Those that have not heard on the present connection that listening has begun.
    var newcomers: Set<Int> = []
  }

  private let options: ConnectOptions
  private let loop: EventLoop
  private let keepAlive: Duration
  private let logger: Logger
  private var audiences: [String: Audience] = [:]
  private var nextID = 0
  private var connection: Connection?
  private var runner: Task<Void, Never>?
  /// Wakes the runner when what is wanted has changed.
  private var changes: AsyncStream<Void>.Continuation?
  private var isClosed = false

  init(options: ConnectOptions, loop: EventLoop, keepAlive: Duration, logger: Logger) {
    self.options = options
    self.loop = loop
    self.keepAlive = keepAlive
    self.logger = logger
  }

  /// Returns at once; the first element says that listening has begun.
  nonisolated func listen(_ channel: Channel) -> Notifications {
    let mailbox = Mailbox()
    Task { await add(mailbox, to: channel.name) }
    return Notifications(mailbox: mailbox) { [weak self] in
      guard let self else { return }
      Task { await self.remove(mailbox, from: channel.name) }
    }
  }

  /// Ends every sequence and the connection.
  func close() async {
    isClosed = true
    runner?.cancel()
    for mailbox in audiences.values.flatMap(\.mailboxes.values) { mailbox.finish() }
    audiences = [:]
    await connection?.close()
    await runner?.value
  }

  private func add(_ mailbox: Mailbox, to channel: String) {
    guard !isClosed else { return mailbox.finish() }
    // Its reader may have left already.
    guard !mailbox.isFinished else { return }
    nextID += 1
    audiences[channel, default: Audience()].mailboxes[nextID] = mailbox
    audiences[channel]?.newcomers.insert(nextID)
    changes?.yield()
    if runner == nil { runner = Task { await run() } }
  }

  private func remove(_ mailbox: Mailbox, from channel: String) {
    guard let id = audiences[channel]?.mailboxes.first(where: { $0.value === mailbox })?.key else { return }
    audiences[channel]?.mailboxes[id] = nil
    audiences[channel]?.newcomers.remove(id)
    if audiences[channel]?.mailboxes.isEmpty ?? false { audiences[channel] = nil }
    changes?.yield()
  }

  // MARK: The connection

  /// Connects, listens, and begins again when the connection is lost, until nobody listens any more.
  private func run() async {
    var backoff = Backoff()
    while !isClosed, !audiences.isEmpty {
      let (ended, end) = AsyncStream<Void>.makeStream()
      let (notified, notify) = AsyncStream<(String, String)>.makeStream()
      let connection = Connection(
        id: 0, loop: loop, counters: StatisticsCounters(), onEnd: { end.finish() },
        onNotification: { notify.yield(($0, $1)) })
      do throws(RelationalError) {
        try await connection.connect(options, until: .after(.seconds(5)))
        try await serve(connection, ended, notified)
        // A connection that served is replaced at once when it is lost; other failures are retried more and more slowly.
        backoff.succeeded()
      } catch {
        logger.warning("cannot listen to PostgreSQL", metadata: ["reason": "\(error.message)", "lane": "listen"])
        // Being cancelled shows in `isClosed`.
        try? await Task.sleep(for: backoff.failed(spread: .random(in: 0...1)))
      }
      notify.finish()
    }
    runner = nil
  }

  /// One connection from its first LISTEN to its end; throws when it never came to listening.
  private func serve(
    _ connection: Connection, _ ended: AsyncStream<Void>, _ notified: AsyncStream<(String, String)>
  ) async throws(RelationalError) {
    let (changed, changes) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    self.connection = connection
    self.changes = changes
    for (channel, audience) in audiences { audiences[channel]?.newcomers = Set(audience.mailboxes.keys) }
    changes.yield()
    let helpers = [
      Task {
        for await _ in ended {}
        changes.finish()
      },
      Task { for await (channel, payload) in notified { deliver(channel, payload) } },
      Task { await Self.keepAlive(connection, every: keepAlive) },
    ]
    var failure: RelationalError?
    var hasListened = false
    var heard: Set<String> = []
    for await _ in changed {
      failure = await follow(&heard, on: connection)
      if failure != nil || audiences.isEmpty { break }
      hasListened = true
    }
    for helper in helpers { helper.cancel() }
    self.connection = nil
    self.changes = nil
    await connection.close()
    if let failure, !hasListened { throw failure }
  }

  /// Sends what is missing between the channels that are wanted and those that the server knows.
  private func follow(_ heard: inout Set<String>, on connection: Connection) async -> RelationalError? {
    for channel in heard where audiences[channel] == nil {
      if let failure = await Self.command("UNLISTEN \(quoted(channel))", on: connection) { return failure }
      heard.remove(channel)
    }
    for channel in Array(audiences.keys) where !(audiences[channel]?.newcomers.isEmpty ?? true) {
      if !heard.contains(channel) {
        if let failure = await Self.command("LISTEN \(quoted(channel))", on: connection) { return failure }
        heard.insert(channel)
      }
      for id in audiences[channel]?.newcomers ?? [] { audiences[channel]?.mailboxes[id]?.put(.gap) }
      audiences[channel]?.newcomers = []
    }
    return nil
  }

  /// To everybody who listens to the channel; nobody waits for a slow reader.
  private func deliver(_ channel: String, _ payload: String) {
    guard let audience = audiences[channel] else { return }
    // The gap that a newcomer is about to get covers this one.
    for (id, mailbox) in audience.mailboxes where !audience.newcomers.contains(id) {
      mailbox.put(.notification(payload: payload))
    }
  }

  /// A connection that only listens does not notice a peer that vanished, so it asks from time to time.
  ///
  /// One interval after the last answer it asks, one interval later it gives up: two at most until a loss is found.
  private static func keepAlive(_ connection: Connection, every interval: Duration) async {
    while !Task.isCancelled {
      guard (try? await Task.sleep(for: interval)) != nil else { return }
      let watch = Task {
        try await Task.sleep(for: interval)
        await connection.close()
      }
      let failure = await command("SELECT 1", on: connection)
      watch.cancel()
      if failure != nil { return }
    }
  }

  /// Quick commands that are not worth interrupting; the connection's end ends them, too.
  private static func command(_ sql: String, on connection: Connection) async -> RelationalError? {
    await connection.run(Request(body: .command(sql), interruption: .mustFinish)).failure
  }
}
