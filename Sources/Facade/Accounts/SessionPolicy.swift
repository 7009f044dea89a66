import Kernel

/// How long sessions live and when an account is locked: MLPS-ID-5, MLPS-ID-6 and MLPS-ID-7.
enum SessionPolicy {
  /// Failed sign-ins in a row that lock an account.
  static let attempts: Int32 = 5
  /// How long it stays locked.
  static let lockout = Duration.seconds(30 * 60)
  /// The longest life of a session.
  static let longest = Duration.seconds(8 * 3600)
  /// Live sessions of one account; the oldest gives way to a new one.
  static let sessionsPerAccount: Int64 = 5
  /// How stale the time of the last request may be in the table: a write a minute instead of one a request.
  static let touchInterval = Duration.seconds(60)

  /// How long a session lives without a request.
  static func idle(_ role: Role) -> Duration {
    .seconds(role == .talent ? 30 * 60 : 15 * 60)
  }
}
