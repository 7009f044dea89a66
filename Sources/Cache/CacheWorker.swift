import Kernel

/// The thread that talks to Redis. Everything in it may block for as long as `patience`.
actor CacheWorker {
  private let executor = ThreadExecutor(name: "cache")
  private let address: CacheAddress
  private let patience: Duration
  private var connection: CacheConnection?
  private var isShut = false

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  init(_ address: CacheAddress, patience: Duration) {
    self.address = address
    self.patience = patience
  }

  // Not earlier: a job that reaches a stopped thread would never run. Jobs hold the worker, so none comes after this.
  deinit { executor.stop() }

  /// Runs one command, connecting first when there is no connection.
  ///
  /// `isWanted` is asked when the thread gets to it: what nobody waits for any more is not sent, answer `nil`.
  func run(
    _ words: [[UInt8]], ifWanted isWanted: @Sendable () -> Bool
  ) -> Result<CacheReply, CacheFailure>? {
    guard !isShut, isWanted() else { return nil }
    do throws(CacheFailure) {
      return .success(try connected().command(words))
    } catch {
      // Its answer may still come; nobody may ever read it.
      connection = nil
      return .failure(error)
    }
  }

  private func connected() throws(CacheFailure) -> CacheConnection {
    if let connection { return connection }
    let new = try CacheConnection(address, patience: patience)
    connection = new
    return new
  }

  /// Gives the connection back; the thread ends with the last reference to this worker.
  func shutdown() {
    connection = nil
    isShut = true
  }
}
