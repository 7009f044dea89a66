import Foundation
import Kernel
import Synchronization

/// A server started by a test: a child process that never outlives the test process.
///
/// The kernel kills the child when the thread that started it dies, so a thread of its own, which lives as long as the
/// test process, starts all of them. Only the process started here is ever signalled, by its id.
public final class ServerProcess: Sendable {
  /// Why a server could not be started or did not become ready.
  public struct Failure: Error, CustomStringConvertible {
    /// What went wrong, with the end of the server's log where there is one.
    public let description: String
    /// A failure with its description.
    public init(_ description: String) { self.description = description }
  }

  /// The child's process id.
  public let pid: Int32
  /// The file that receives what the child prints.
  public let logFile: String
  private let exitStatus = Mutex<Int32?>(nil)
  private let usage = Mutex<Duration?>(nil)

  private init(pid: pid_t, logFile: String) {
    self.pid = pid
    self.logFile = logFile
  }

  /// Starts a child; does not wait until it is ready.
  ///
  /// `asUser` matters only when the test process is root; otherwise the child runs as the present user. What it prints
  /// goes to `log`, appended.
  public static func start(
    executable: String, arguments: [String], environment: [String: String] = [:], asUser user: String? = nil,
    workingFolder: String, log: String
  ) async throws -> ServerProcess {
    var words = ["setpriv", "--pdeathsig", "KILL"]
    if let user, geteuid() == 0 { words += ["--reuid", user, "--regid", user, "--init-groups"] }
    words += ["--", executable] + arguments
    let all = ProcessInfo.processInfo.environment.merging(environment) { _, ours in ours }
    let pid = try await Spawner.shared.spawn(
      words, environment: all.map { "\($0)=\($1)" }, workingFolder: workingFolder, log: log)
    let process = ServerProcess(pid: pid, logFile: log)
    AtExit.shared.add { [weak process] in process?.killNow() }
    return process
  }

  /// Runs a program to its end and returns what it printed; throws with that when it fails.
  @discardableResult
  static func output(
    of executable: String, _ arguments: [String], asUser user: String? = nil, folder: String
  ) async throws -> String {
    let log = folder + "/output-\(UUID().uuidString).log"
    defer { try? FileManager.default.removeItem(atPath: log) }
    let program = try await start(
      executable: executable, arguments: arguments, asUser: user, workingFolder: folder, log: log)
    while program.isRunning { try await Task.sleep(for: .milliseconds(3)) }
    guard program.exitCode == 0 else { throw Failure("\(executable) failed: \(program.logTail())") }
    return program.logTail(lines: 1000)
  }

  /// Whether the child has not ended yet.
  public var isRunning: Bool {
    exitStatus.withLock { status in
      if status != nil { return false }
      var raw: Int32 = 0
      var spent = rusage()
      let answer = wait4(pid, &raw, WNOHANG, &spent)
      if answer == 0 { return true }
      usage.withLock { $0 = Self.processorTime(spent) }
      status = answer == pid ? raw : -1
      return false
    }
  }

  /// How the child ended; `nil` while it runs or when a signal ended it.
  public var exitCode: Int32? {
    if isRunning { return nil }
    return exitStatus.withLock { status in status.flatMap { $0 & 0x7F == 0 ? ($0 >> 8) & 0xFF : nil } }
  }

  /// Processor time of the child and of the children that it waited for; `nil` while it runs.
  public var processorTime: Duration? { isRunning ? nil : usage.withLock { $0 } }

  private static func processorTime(_ spent: rusage) -> Duration {
    .seconds(spent.ru_utime.tv_sec + spent.ru_stime.tv_sec)
      + .microseconds(Int64(spent.ru_utime.tv_usec) + Int64(spent.ru_stime.tv_usec))
  }

  /// Asks the child to end with `signal` (SIGTERM when `nil`) and waits; after `patience` it is killed.
  public func stop(signal: Int32? = nil, patience: Duration = .seconds(10)) async {
    send(signal ?? SIGTERM)
    let deadline = Deadline.after(patience)
    while isRunning {
      if deadline.hasPassed { send(SIGKILL) }
      await rest()
    }
  }

  /// Ends the child as a power cut would, and waits until it is gone.
  public func kill() async {
    send(SIGKILL)
    while isRunning { await rest() }
  }

  /// Freezes the child: connections stay open, nothing answers.
  public func pause() { send(SIGSTOP) }

  /// Lets a frozen child go on.
  public func resume() { send(SIGCONT) }

  /// Waits until `probe` says yes; throws with the end of the log when the child ends first or time runs out.
  public func waitUntilReady(
    within limit: Duration = .seconds(30), isolation: isolated (any Actor)? = #isolation, _ probe: () async -> Bool
  ) async throws {
    let deadline = Deadline.after(limit)
    while await !probe() {
      guard isRunning else { throw Failure("the server ended before it was ready:\n\(logTail())") }
      guard !deadline.hasPassed else { throw Failure("the server was not ready in time:\n\(logTail())") }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  /// The processes that the child itself has started and that have not ended.
  var children: [Int32] {
    guard isRunning, let text = try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8) else {
      return []
    }
    return text.split(separator: " ").compactMap { Int32($0) }
  }

  /// The last lines of the child's log.
  public func logTail(lines: Int = 20) -> String {
    let text = (try? String(contentsOfFile: logFile, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").suffix(lines).joined(separator: "\n")
  }

  /// Sends a signal to this child only; nothing once it has been reaped, since its id may belong to somebody else then.
  public func send(_ signal: Int32) {
    guard isRunning else { return }
    _ = Foundation.kill(pid, signal)
  }

  /// A child that nobody can stop any more must not stay.
  deinit { killNow() }

  /// Kills and reaps without suspending; for the end of the test process.
  func killNow() {
    send(SIGKILL)
    while isRunning { usleep(2000) }
  }

  private func rest() async {
    // A cancelled test still has to see its server end, so the sleep's cancellation is not a reason to return.
    do { try await Task.sleep(for: .milliseconds(5)) } catch { usleep(5000) }
  }
}

/// Starts children from one thread that never ends; see `ServerProcess`.
private actor Spawner {
  static let shared = Spawner()
  private let thread = ThreadExecutor(name: "spawner")
  nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  func spawn(_ words: [String], environment: [String], workingFolder: String, log: String) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o666)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    // Sockets and pipes of the test process must not stay open in a server.
    for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
      if let handle = Int32(name), handle > 2 { posix_spawn_file_actions_addclose(&actions, handle) }
    }
    let words = ["env", "-C", workingFolder] + words
    let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    let variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
    defer { (arguments + variables).forEach { free($0) } }
    var pid: pid_t = 0
    // The starting thread may hold signals back; a server that inherits that never hears SIGTERM.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    let code = posix_spawnp(&pid, words[0], &actions, &attributes, arguments, variables)
    guard code == 0 else { throw ServerProcess.Failure("cannot start \(words): \(String(cString: strerror(code)))") }
    return pid
  }
}

/// What to do when the test process ends in the ordinary way; Swift Testing has no such hook of its own.
final class AtExit: Sendable {
  static let shared = AtExit()
  private let actions = Mutex<[@Sendable () -> Void]>([])

  private init() { atexit { AtExit.shared.run() } }

  /// Adds an action; the last added runs first.
  func add(_ action: @escaping @Sendable () -> Void) { actions.withLock { $0.append(action) } }

  private func run() {
    for action in actions.withLock({ $0 }).reversed() { action() }
  }
}

/// Ports of 127.0.0.1 that nothing listens on, each handed out once.
public enum FreePort {
  private static let given = Mutex<Set<UInt16>>([])

  /// A free port.
  public static func next() throws -> Int {
    for _ in 0..<100 {
      let port = try probe()
      if given.withLock({ $0.insert(port).inserted }) { return Int(port) }
    }
    throw ServerProcess.Failure("no free port found")
  }

  private static func probe() throws -> UInt16 {
    let handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard handle >= 0 else { throw ServerProcess.Failure("no socket") }
    defer { close(handle) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { general in
        bind(handle, general, length) == 0 && getsockname(handle, general, &length) == 0
      }
    }
    guard code else { throw ServerProcess.Failure("no free port") }
    return UInt16(bigEndian: address.sin_port)
  }
}

/// A private folder under the system's temporary folder, removed when the test process ends.
///
/// Its name carries the process id; folders left by a test process that was killed are removed by the next one.
public final class TemporaryFolder: Sendable {
  /// The folder's absolute path.
  public let path: String
  private static let counter = Atomic<Int>(0)
  private static let swept: Void = sweep()

  /// Makes a folder; `owner` matters only when the test process is root.
  public init(owner: String? = nil) throws {
    _ = Self.swept
    let number = Self.counter.add(1, ordering: .relaxed).newValue
    path = FileManager.default.temporaryDirectory.path + "/haiju-test-\(getpid())-\(number)"
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    if let owner, geteuid() == 0, let account = getpwnam(owner) {
      chown(path, account.pointee.pw_uid, account.pointee.pw_gid)
    }
    AtExit.shared.add { [path] in try? FileManager.default.removeItem(atPath: path) }
  }

  /// Removes the folder and what is in it.
  public func remove() { try? FileManager.default.removeItem(atPath: path) }

  private static func sweep() {
    let root = FileManager.default.temporaryDirectory.path
    for name in (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? [] {
      let parts = name.split(separator: "-")
      guard parts.count == 4, parts[0] == "haiju", parts[1] == "test", let pid = pid_t(parts[2]) else { continue }
      if kill(pid, 0) != 0 && errno == ESRCH { try? FileManager.default.removeItem(atPath: root + "/" + name) }
    }
  }
}
