/// Why migrations were not run, or stopped.
public enum MigrationError: Error, Sendable {
  /// The folder itself is not in order; nothing was run.
  case folder([FolderProblem])
  /// What the ledgers say was applied and what the folder holds do not fit; nothing was run. Only statuses that are
  /// problems are listed: edited, missing, out of order, history changed, unknown.
  case history([MigrationStatus])
  /// The stores are not at the state of this folder: something is pending or interrupted.
  case notCurrent([MigrationStatus])
  /// A step failed. Files before it are applied; of this file nothing when it runs in a transaction, else the steps
  /// before this one.
  case failed(FailedStep)
  /// Another migrator kept the lock for longer than was waited.
  case locked
  /// The task was cancelled; what was done by then stands as after a failure.
  case cancelled
  /// A store could not be asked.
  case store(MigrationStore, any Error)
}

/// A file that does not belong in a folder of migrations as it is.
public struct FolderProblem: Error, Sendable, Hashable, CustomStringConvertible {
  /// The file.
  public let file: String
  /// What is wrong with it.
  public let problem: String

  /// Both.
  public var description: String { "\(file): \(problem)" }
}

/// Where a migration stopped.
public struct FailedStep: Sendable, CustomStringConvertible {
  /// The file.
  public let file: String
  /// The step, from 1.
  public let step: Int
  /// Of how many.
  public let steps: Int
  /// The line of the file that the step begins on.
  public let line: Int?
  /// What can be done about it, where more is known than the store's own message says.
  public let advice: String?
  /// The store's error.
  public let underlying: any Error

  /// File, step, line, advice and the store's message.
  public var description: String {
    let place = line.map { ", line \($0)" } ?? ""
    return "\(file): step \(step) of \(steps)\(place): \(underlying)\(advice.map { "; \($0)" } ?? "")"
  }
}

extension MigrationError: CustomStringConvertible {
  /// What happened, for a log or a terminal; no values.
  public var description: String {
    switch self {
    case .folder(let problems): "the folder of migrations: " + problems.map(\.description).joined(separator: "; ")
    case .history(let statuses): "history does not fit: " + statuses.map(\.description).joined(separator: "; ")
    case .notCurrent(let statuses): "not current: " + statuses.map(\.description).joined(separator: "; ")
    case .failed(let step): step.description
    case .locked: "another migration is running"
    case .cancelled: "cancelled"
    case .store(let store, let error): "\(store.rawValue) cannot be asked: \(error)"
    }
  }
}
