public import Kernel

/// How one migration stands.
public struct MigrationStatus: Sendable, Hashable, CustomStringConvertible {
  /// How it stands.
  public enum State: Sendable, Hashable {
    /// Run, and its file is still the one that ran.
    case applied
    /// To be run.
    case pending
    /// A file without a transaction stopped after `done` of its statements; the next run goes on behind them.
    case interrupted(done: Int, of: Int)
    /// The file (or the part of it that ran) is not the one that ran any more.
    case edited
    /// It was run, and its file is gone.
    case missing
    /// It was not run, but a later one was.
    case outOfOrder
    /// The file is as it was, but not the files before it.
    case historyChanged
    /// It was run, and the folder ends before its number: the store is newer than this program.
    case unknown
  }

  /// The number in the order over all stores.
  public let number: Int
  /// The name without number and suffix.
  public let name: String
  /// The store that it changes.
  public let store: MigrationStore
  /// How it stands.
  public let state: State
  /// When it was run to its end.
  public let appliedAt: Instant?

  /// Whether nothing may be run while it stands so.
  public var isProblem: Bool {
    switch state {
    case .applied, .pending, .interrupted: false
    case .edited, .missing, .outOfOrder, .historyChanged, .unknown: true
    }
  }

  /// `0003_people.sql: edited since it was applied`.
  public var description: String {
    let file = MigrationFile.fileName(number: number, name: name, store: store)
    return switch state {
    case .applied: "\(file): applied"
    case .pending: "\(file): pending"
    case .interrupted(let done, let steps): "\(file): interrupted after statement \(done) of \(steps)"
    case .edited: "\(file): edited since it was applied"
    case .missing: "\(file): applied, but missing from the folder"
    case .outOfOrder: "\(file): added before migrations that are applied already"
    case .historyChanged: "\(file): the files before it changed since it was applied"
    case .unknown: "\(file): applied by a newer program"
    }
  }
}
