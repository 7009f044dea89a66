/// What a running migration tells; meant for a terminal or a log.
public enum MigrationProgress: Sendable, Hashable {
  /// Another migrator is at work; this one waits its turn.
  case waiting
  /// A file begins.
  case started(file: String, steps: Int)
  /// A step of it is done.
  case step(file: String, Int, of: Int)
  /// It is applied.
  case finished(file: String, after: Duration)
}
