import ArgumentParser
import CommandFront

/// The program.
@main
enum Program {
  static func main() async { await HaijuCommand.main() }
}
