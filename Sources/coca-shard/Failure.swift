import ArgumentParser
import Foundation
import Packing
import Records
import Text

/// The way out for errors: one line on standard error, and the code that says what kind it was.
enum Failure {
  static func exit(_ error: any Error) -> Never {
    guard let code = code(of: error) else { CocaShard.exit(withError: error) }
    tell("\(error)")
    Foundation.exit(code)
  }

  /// One line on standard error.
  static func tell(_ line: String) {
    try? FileHandle.standardError.write(contentsOf: Data("coca-shard: \(line)\n".utf8))
  }

  /// Nil for what ArgumentParser reports itself: usage (64), help, a code given by a command.
  private static func code(of error: any Error) -> Int32? {
    (error as? RecordError)?.exitCode ?? (error as? PackingError)?.exitCode
      ?? (error as? TextError)?.exitCode
  }
}
