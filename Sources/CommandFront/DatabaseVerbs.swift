import ArgumentParser
import BenchmarkScenarios
import Facade
import Foundation

/// `haiju db`: what the running program does with PostgreSQL.
struct DatabaseVerbs: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "db", abstract: "Look at what the running program does with PostgreSQL.",
    subcommands: [Statements.self])

  /// `haiju db statements`.
  struct Statements: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show what each statement has cost since the program started.",
      discussion: """
        Asks the program as its system administrator. PostgreSQL's own figures stand beside where the extension \
        pg_stat_statements is installed. Times are in milliseconds, the most expensive statement first.
        """)

    @Option(help: "How many statements to show, at most.")
    var limit = 40

    @Option(help: "The port of the program (HAIJU_PORT).")
    var port: Int?

    @Option(help: "The file with staff accounts (HAIJU_ACCOUNTS_FILE).")
    var accounts: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
      guard limit > 0 else { throw ValidationError("--limit must be positive") }
    }

    func run() async throws {
      try await reportingErrors {
        let program = try RunningProgram(port: port, accounts: accounts)
        let answer = try await program.get("/api/v1/maintenance/statements", as: .systemAdministrator)
        guard !output.json else {
          print(String(decoding: answer, as: UTF8.self))
          return
        }
        print(try JSONDecoder().decode(Report.self, from: Data(answer)).table(limit))
      }
    }
  }
}

/// The part of the answer that the table shows.
private struct Report: Decodable {
  struct Line: Decodable {
    struct Server: Decodable {
      let calls: Int64
      let mean: Int64
    }
    let name: String
    let sent: Int
    let keys: Int
    let errors: Int
    let rows: Int
    let total: Int64
    let p50: Int64
    let p99: Int64
    let longest: Int64
    let server: Server?
  }
  let roundTrips: Int
  let serverFigures: Bool
  let statements: [Line]

  func table(_ limit: Int) -> String {
    var rows = [["statement", "sent", "keys", "rows", "errors", "p50 ms", "p99 ms", "max ms", "total ms"]]
    if serverFigures { rows[0] += ["server calls", "server mean ms"] }
    for line in statements.prefix(limit) {
      var row = [line.name] + [line.sent, line.keys, line.rows, line.errors].map(String.init)
      row += [line.p50, line.p99, line.longest, line.total].map(Self.milliseconds)
      if serverFigures {
        row += [line.server.map { "\($0.calls)" } ?? "", line.server.map { Self.milliseconds($0.mean) } ?? ""]
      }
      rows.append(row)
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    var lines = rows.map { row in
      row.indices.map { column in
        let gap = String(repeating: " ", count: widths[column] - row[column].count)
        return column == 0 ? row[column] + gap : gap + row[column]
      }.joined(separator: "  ")
    }
    lines.append("\(statements.count) statements, \(roundTrips) round trips")
    if !serverFigures {
      lines.append("PostgreSQL keeps no figures of its own: the extension pg_stat_statements is missing")
    }
    return lines.joined(separator: "\n")
  }

  private static func milliseconds(_ microseconds: Int64) -> String {
    String(format: "%.2f", Double(microseconds) / 1000)
  }
}
