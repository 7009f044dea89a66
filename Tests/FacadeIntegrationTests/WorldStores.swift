import Documents
import Foundation
import Kernel
import Migration
import Relational
import Synchronization
import TestSupport

@testable import Facade

/// A migrated database with the sample organisation in it, made once; worlds copy it, which takes PostgreSQL a moment.
actor TemplateDatabase {
  static let shared = TemplateDatabase()
  /// One round is no protection and costs no time; the hash itself is tested where it is made.
  static let passwordRounds = 1

  /// What worlds are made from.
  struct Template: Sendable {
    let name: String
    let accounts: [BootstrapAccount]

    /// The URI of a new copy.
    func copy() async throws -> String { try await TestStores.postgres().freshDatabase(template: name) }
  }

  private var start: Task<Template, any Error>?

  /// The template; made with the first call, however many ask at once.
  func value() async throws -> Template {
    let task = start ?? Task { try await Self.make() }
    start = task
    return try await task.value
  }

  private static func make() async throws -> Template {
    let postgres = try await TestStores.postgres()
    let name = try await postgres.template("world") { uri in
      let database = try await Database.open(RelationalConfiguration(uri: uri, poolSize: 1))
      let folder = try MigrationFolder(path: HaijuSchema.folder)
      _ = try await Migrator(folder: folder, database: database, documents: nil).apply()
      await database.close()
    }
    var configuration = HaijuConfiguration(
      relational: await postgres.uri(name), documents: try await TempDocumentServer.shared().uri(), cache: nil,
      keyFile: try freshKeyFile())
    configuration.projects = false
    configuration.passwordRounds = passwordRounds
    let haiju = try await Haiju.open(configuration)
    let accounts = try await haiju.accounts.bootstrap(as: .system("bootstrap"))
    await haiju.close()
    return Template(name: name, accounts: accounts)
  }
}

/// A new document database with its collections and indexes; the URI names it in its path.
func freshDocuments() async throws -> String {
  let server = try await TempDocumentServer.shared()
  let name = TempDocumentServer.freshDatabase()
  // Patient: many worlds begin at once, on machines that build and test at the same time.
  let store = try await DocumentStore.open(
    DocumentConfiguration(uri: server.uri(), database: name, workers: 1, serverSelectionTimeout: .seconds(30)))
  do {
    _ = try await Migrator(
      folder: try MigrationFolder(path: HaijuSchema.folder), database: nil, documents: store
    ).apply()
  } catch {
    await store.close()
    throw error
  }
  await store.close()
  return server.uri().replacing("/?", with: "/\(name)?")
}

/// The Redis that all worlds share: keys carry the ids of people, which no two worlds have in common.
func redis() async throws -> String { try await SharedRedis.instance.value().uri() }

private actor SharedRedis {
  static let instance = SharedRedis()
  private var start: Task<TempRedis, any Error>?

  func value() async throws -> TempRedis {
    let task = start ?? Task { try await TempRedis.start() }
    start = task
    return try await task.value
  }
}

/// A new root key in a folder of its own, which goes when the test process ends.
func freshKeyFile() throws -> String {
  let file = try TemporaryFolder().path + "/root.key"
  try RootKey.create(file: file)
  return file
}

/// Lets a few worlds exist at a time: all tests begin at once, and a hundred worlds would measure only each other.
final class WorldGate: Sendable {
  static let shared = WorldGate(places: 4)
  private let state: Mutex<(free: Int, waiting: [CheckedContinuation<Void, Never>])>

  /// A place among the worlds that exist; given back when the last reference to it goes.
  final class Place: Sendable {
    private let gate: WorldGate
    fileprivate init(_ gate: WorldGate) { self.gate = gate }
    deinit { gate.giveBack() }
  }

  private init(places: Int) { state = Mutex((places, [])) }

  /// Waits for a place, first come first served. A test that holds a world must not open another.
  func place() async -> Place {
    await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        if state.free > 0 {
          state.free -= 1
          return true
        }
        state.waiting.append(continuation)
        return false
      }
      if isFree { continuation.resume() }
    }
    return Place(self)
  }

  private func giveBack() {
    let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
      if !state.waiting.isEmpty { return state.waiting.removeFirst() }
      state.free += 1
      return nil
    }
    next?.resume()
  }
}
