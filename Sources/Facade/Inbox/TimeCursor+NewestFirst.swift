import Foundation
import Kernel

extension TimeCursor {
  /// Behind everything: where a list that shows the newest first begins.
  static let end = TimeCursor(
    time: CivilDate(daysSince1970: 2_932_896).start(),
    id: UUID(uuid: (255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255)))

  /// The cursor of a request for a list that shows the newest first.
  init(newestFirst request: PageRequest) throws(HaijuError) {
    self = request.cursor == nil ? .end : try TimeCursor(request)
  }
}
