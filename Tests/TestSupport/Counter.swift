import Synchronization

/// A number that many tasks raise.
public final class Counter: Sendable {
  private let number = Atomic<Int>(0)

  /// A counter at zero.
  public init() {}

  /// How often it was raised.
  public var value: Int { number.load(ordering: .acquiring) }

  /// Raises it by one.
  public func increment() { number.add(1, ordering: .acquiringAndReleasing) }
}
