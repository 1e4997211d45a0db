import Collectives
import Foundation

/// An error of the command itself, and how all errors are printed: one line on standard error.
struct Failure: Error, ExitCoded, CustomStringConvertible {
  let description: String
  let exitCode: Int32

  init(_ description: String, exitCode: Int32) {
    self.description = description
    self.exitCode = exitCode
  }

  /// Ends the program with the error's code; an error that all ranks know is printed by rank 0
  /// alone.
  static func leave(after error: any Error, _ ranks: any Communicator) -> Never {
    guard error is RankError || ranks.size == 1 else { Ranks.leave(after: error) }
    if ranks.rank == 0 { tell("\(error)") }
    Ranks.finish()
    Foundation.exit(ExitCode.of(error))
  }

  /// Prints one line on standard error.
  static func tell(_ line: String) {
    try? FileHandle.standardError.write(contentsOf: Data("coca-eval: \(line)\n".utf8))
  }
}
