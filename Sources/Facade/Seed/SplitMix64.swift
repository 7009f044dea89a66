/// A small generator whose numbers depend on the seed alone; for sample data, never for secrets.
///
/// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (OOPSLA 2014).
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// A stream of its own for each number under one seed, so that a person does not depend on how many come before.
  init(seed: UInt64, stream: Int) {
    var mixer = SplitMix64(seed: seed ^ UInt64(truncatingIfNeeded: stream) &* 0xD1B5_4A32_D192_ED03)
    state = mixer.next()
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// Whether something of this probability, in percent, happens.
  mutating func happens(_ percent: UInt64) -> Bool { next() % 100 < percent }

  /// One of some values; the bias below 2⁻⁵⁰ does not matter for samples.
  mutating func pick<Value>(_ values: [Value]) -> Value { values[Int(next() % UInt64(values.count))] }

  /// A number of a range.
  mutating func number(in range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(next() % UInt64(range.count))
  }
}
