/// What the series store itself refuses; troubles of the database arrive as `RelationalError`.
///
/// Nothing has been written when one of these is thrown. None of them carries a value that was measured.
public enum SeriesError: Error, Hashable {
  /// There is no series with this id.
  case unknownSeries(SeriesID)
  /// The definition is not sound; the text says what is wrong.
  case invalidDefinition(String)
  /// The series is registered already, in another unit: its values would not be comparable.
  case otherUnit(registered: String)
  /// A bucket must last at least a microsecond.
  case invalidWidth
  /// The range holds more buckets of this width than are answered at once.
  case tooManyBuckets(limit: Int)
}
