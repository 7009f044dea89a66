import Facade
import Foundation

/// What statements cost, for programs and for the system administrator's screen.
extension StatementReport {
  var json: JSONValue {
    .object([
      "roundTrips": .integer(roundTrips), "serverFigures": .bool(hasServerFigures),
      "connections": .object([
        "leased": .integer(connections.leased), "idle": .integer(connections.idle),
        "waiting": .integer(connections.waiting), "opened": .integer(connections.opened),
        "lost": .integer(connections.lost), "waitP99": .integer(connections.waitP99),
      ]),
      "statements": .array(statements.map(\.json)),
    ])
  }

  var model: Model {
    let shown = 40
    return [
      "rows": statements.prefix(shown).map(\.model), "isEmpty": statements.isEmpty, "server": hasServerFigures,
      "more": statements.count > shown, "count": "\(statements.count)", "roundTrips": "\(roundTrips)",
      "leased": "\(connections.leased)", "idle": "\(connections.idle)", "waiting": "\(connections.waiting)",
      "lost": "\(connections.lost)",
    ]
  }
}

extension StatementCost {
  /// Times in microseconds.
  fileprivate var json: JSONValue {
    .object([
      "name": .text(name), "sent": .integer(sent), "keys": .integer(keys), "errors": .integer(errors),
      "rows": .integer(rows), "bytes": .integer(bytes), "total": .integer(total), "p50": .integer(p50),
      "p99": .integer(p99), "longest": .integer(longest),
      "server": server.map {
        .object([
          "calls": .integer($0.calls), "mean": .integer($0.mean), "pagesHit": .integer($0.pagesHit),
          "pagesRead": .integer($0.pagesRead),
        ])
      },
    ])
  }

  /// Times in milliseconds, as people compare them.
  fileprivate var model: Model {
    var model: Model = [
      "name": name, "sent": "\(sent)", "errors": "\(errors)", "rows": "\(rows)", "p50": Self.milliseconds(p50),
      "p99": Self.milliseconds(p99), "longest": Self.milliseconds(longest), "total": Self.milliseconds(total),
    ]
    model["mean"] = server.map { Self.milliseconds($0.mean) }
    return model
  }

  private static func milliseconds(_ microseconds: Int64) -> String {
    String(format: microseconds < 10_000 ? "%.2f" : "%.0f", Double(microseconds) / 1000)
  }
}
