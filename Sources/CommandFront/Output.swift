import ArgumentParser
import Foundation

/// `--json`: what a program reads instead of a person.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print one JSON value instead of text.")
  var json = false

  /// Prints a value as JSON, keys sorted, or the text for people.
  func print(_ value: some Encodable, text: () -> String) throws {
    guard json else {
      Swift.print(text())
      return
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    Swift.print(String(decoding: try encoder.encode(value), as: UTF8.self))
  }
}

/// A bar on standard error that grows with long work; silent when nobody watches a terminal.
struct ProgressBar: Sendable {
  private let title: String
  private let isVisible = isatty(STDERR_FILENO) == 1

  init(_ title: String) { self.title = title }

  /// Shows how much is done.
  func show(_ done: Int, of total: Int) {
    guard isVisible, total > 0 else { return }
    let width = 30
    let filled = min(width, done * width / total)
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    FileHandle.standardError.write(Data("\r\(title) \(bar) \(done)/\(total)\(done >= total ? "\n" : "")".utf8))
  }
}
