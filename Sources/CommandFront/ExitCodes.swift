import ArgumentParser
import Facade
import Foundation

extension ExitCode {
  /// The question was answered with no: differences, pending migrations.
  static let answerIsNo = ExitCode(1)
  /// A store cannot be reached.
  static let unavailable = ExitCode(69)
  /// A fault of Haiju.
  static let fault = ExitCode(70)
  /// Refused by permission or by a rule.
  static let refused = ExitCode(77)
  /// The environment lacks settings.
  static let configuration = ExitCode(78)
}

/// Runs a verb and turns the facade's errors into a line on standard error and an exit code.
func reportingErrors(_ body: () async throws -> Void) async throws {
  do {
    try await body()
  } catch let error as HaijuError {
    printError("haiju: \(error.code): \(error.message)")
    switch error {
    case .unavailable: throw ExitCode.unavailable
    case .fault: throw ExitCode.fault
    default: throw ExitCode.refused
    }
  } catch let error as HaijuConfiguration.MissingSettings {
    printError("haiju: \(error)")
    throw ExitCode.configuration
  } catch let error as ExitCode {
    throw error
  } catch let error as ValidationError {
    throw error
  } catch {
    // Errors of the migration tool and of the engines describe themselves without values.
    printError("haiju: \(error)")
    throw ExitCode.fault
  }
}

/// Writes a line to standard error.
func printError(_ line: String) {
  FileHandle.standardError.write(Data((line + "\n").utf8))
}
