import ArgumentParser
import Collectives
import Foundation

/// Prints an error as one line on standard error, and gives the exit code for its kind.
enum Failure {
  static func exit(_ error: any Error) -> Never {
    let isOurs = error is any ExitCoded || error is CocoaError || error is POSIXError
    guard isOurs else { CocaConvert.exit(withError: error) }
    tell("\(error)")
    Foundation.exit(ExitCode.of(error))
  }

  /// Prints one line on standard error.
  static func tell(_ line: String) {
    try? FileHandle.standardError.write(contentsOf: Data("coca-convert: \(line)\n".utf8))
  }
}
