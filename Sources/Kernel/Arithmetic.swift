/// Division that rounds towards the past, as calendars need it; Swift's `/` rounds towards zero.
func floorDivide<N: FixedWidthInteger & SignedInteger>(_ number: N, _ divisor: N) -> N {
  let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
  return remainder < 0 ? quotient - 1 : quotient
}

/// What `floorDivide` leaves, never negative.
func floorRemainder<N: FixedWidthInteger & SignedInteger>(_ number: N, _ divisor: N) -> N {
  let remainder = number % divisor
  return remainder < 0 ? remainder + divisor : remainder
}

/// Both at once.
func floorDivideWithRemainder<N: FixedWidthInteger & SignedInteger>(_ number: N, _ divisor: N) -> (N, N) {
  (floorDivide(number, divisor), floorRemainder(number, divisor))
}

/// ASCII digits as a number; `nil` when one is not a digit or the number is not below the bound.
func number(_ digits: ArraySlice<UInt8>, below bound: Int64) -> Int64? {
  var value: Int64 = 0
  for byte in digits {
    guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
    value = value * 10 + Int64(byte - UInt8(ascii: "0"))
  }
  return digits.isEmpty || value >= bound ? nil : value
}

/// A number with leading zeros.
func padded(_ number: Int64, to width: Int) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
