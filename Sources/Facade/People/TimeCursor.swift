import Foundation
import Kernel

/// Where a page ended in a list ordered by time and id; the text is opaque to callers.
struct TimeCursor: Hashable {
  let time: Instant
  let id: UUID

  /// Before everything.
  static let start = TimeCursor(
    time: Instant(microseconds: 0), id: UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)))

  init(time: Instant, id: UUID) {
    self.time = time
    self.id = id
  }

  /// The cursor of a request; the start when it has none, `.invalid` when it is none of ours.
  init(_ request: PageRequest) throws(HaijuError) {
    guard let text = request.cursor else {
      self = .start
      return
    }
    let parts = text.split(separator: "_")
    // A time that PostgreSQL cannot hold is none of ours either.
    guard parts.count == 2, let time = Int64(parts[0]), Self.times.contains(time),
      let id = UUID(uuidString: String(parts[1]))
    else { throw .invalid([Self.fault]) }
    self.init(time: Instant(microseconds: time), id: id)
    // Written differently it was not given by us.
    if self.text != text { throw .invalid([Self.fault]) }
  }

  /// What a cursor that was not given by us is answered with.
  static let fault = FieldFault("after", "cursor", "页码无效，请从第一页重新查看")

  /// Microseconds from 1970 to the end of the year 9999.
  private static let times: ClosedRange<Int64> = 0...253_402_300_799_999_999

  /// Microseconds and id, so that rows of one moment have an order too.
  var text: String { "\(time.microseconds)_\(id.uuidString.lowercased())" }
}
