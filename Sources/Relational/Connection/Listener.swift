import Kernel
import Logging

/// LISTEN for all channels of a database over one connection of its own, opened while somebody listens.
actor Listener {
  private let options: ConnectOptions
  private let loop: EventLoop
  private let logger: Logger
  private var listeners: [String: [Int: AsyncStream<Database.Notification>.Continuation]] = [:]
  private var nextID = 0
  private var connection: Connection?
  private var runner: Task<Void, Never>?
  private var isClosed = false

  init(options: ConnectOptions, loop: EventLoop, logger: Logger) {
    self.options = options
    self.loop = loop
    self.logger = logger
  }

  /// Returns at once; the stream's first element says that listening has begun.
  nonisolated func listen(_ channel: String) -> AsyncStream<Database.Notification> {
    AsyncStream(bufferingPolicy: .bufferingNewest(1024)) { continuation in
      Task { await add(continuation, to: channel) }
    }
  }

  /// Ends every stream and the connection.
  func close() async {
    isClosed = true
    runner?.cancel()
    for continuation in listeners.values.flatMap(\.values) { continuation.finish() }
    listeners = [:]
    await connection?.close()
    await runner?.value
  }

  /// The first listener of all starts the connection; one of a new channel uses the connection that is there.
  private func add(_ continuation: AsyncStream<Database.Notification>.Continuation, to channel: String) async {
    guard !isClosed else { return continuation.finish() }
    nextID += 1
    let id = nextID
    continuation.onTermination = { [weak self] _ in
      guard let self else { return }
      Task { await self.remove(id, from: channel) }
    }
    listeners[channel, default: [:]][id] = continuation
    if let connection {
      if await Self.command("LISTEN \(quoted(channel))", on: connection) { continuation.yield(.gap) }
    } else if runner == nil {
      runner = Task { await run() }
    }
  }

  /// The last listener of a channel takes the channel along, the last of all the connection.
  private func remove(_ id: Int, from channel: String) async {
    listeners[channel]?[id] = nil
    guard listeners[channel]?.isEmpty ?? false else { return }
    listeners[channel] = nil
    guard let connection else { return }
    if listeners.isEmpty {
      await connection.close()
    } else {
      _ = await Self.command("UNLISTEN \(quoted(channel))", on: connection)
    }
  }

  /// Connects, listens, and begins again when the connection is lost, until nobody listens any more.
  private func run() async {
    var backoff = Backoff()
    while !isClosed, !listeners.isEmpty {
      let (ended, end) = AsyncStream<Void>.makeStream()
      let (notified, notify) = AsyncStream<(String, String)>.makeStream()
      let connection = Connection(
        id: 0, loop: loop, counters: StatisticsCounters(), onEnd: { end.finish() },
        onNotification: { notify.yield(($0, $1)) })
      do throws(RelationalError) {
        try await connection.connect(options, until: .after(.seconds(5)))
        backoff.succeeded()
        await serve(connection, ended, notified)
      } catch {
        logger.warning("cannot connect to PostgreSQL", metadata: ["reason": "\(error.message)", "lane": "listen"])
        // Being cancelled shows in `isClosed`.
        try? await Task.sleep(for: backoff.failed(spread: .random(in: 0...1)))
      }
      notify.finish()
    }
    runner = nil
  }

  /// One connection from LISTEN to its end.
  private func serve(
    _ connection: Connection, _ ended: AsyncStream<Void>, _ notified: AsyncStream<(String, String)>
  ) async {
    self.connection = connection
    await withTaskGroup(of: Void.self) { group in
      group.addTask { for await _ in ended {} }
      group.addTask { for await (channel, payload) in notified { await self.deliver(channel, payload) } }
      group.addTask { await Self.keepAlive(connection) }
      for channel in Array(listeners.keys) {
        guard await Self.command("LISTEN \(quoted(channel))", on: connection) else { break }
        for continuation in (listeners[channel] ?? [:]).values { continuation.yield(.gap) }
      }
      await group.next()
      group.cancelAll()
      self.connection = nil
      await connection.close()
    }
  }

  /// To everybody who listens to the channel; `yield` never waits for a slow reader.
  private func deliver(_ channel: String, _ payload: String) {
    for continuation in (listeners[channel] ?? [:]).values { continuation.yield(.notification(payload: payload)) }
  }

  /// A connection that only listens does not notice a peer that vanished, so it asks from time to time.
  private static func keepAlive(_ connection: Connection) async {
    while !Task.isCancelled {
      guard (try? await Task.sleep(for: .seconds(20))) != nil else { return }
      guard await command("SELECT 1", on: connection) else { return }
    }
  }

  /// Quick commands that are not worth interrupting.
  private static func command(_ sql: String, on connection: Connection) async -> Bool {
    let request = Request(body: .command(sql), interruption: .mustFinish, timeout: .seconds(5))
    return await connection.run(request).failure == nil
  }
}
