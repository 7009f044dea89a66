/// Random numbers that are the same for the same seed, so that a run can be repeated.
///
/// SplitMix64: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014.
public struct LoadRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// A sequence of its own for each user of a run.
  public init(seed: UInt64, user: Int) {
    state = seed &+ UInt64(truncatingIfNeeded: user) &* 0xD1B5_4A32_D192_ED03
    // One step apart, neighbouring users would begin alike.
    state = next()
  }

  /// The next number.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
