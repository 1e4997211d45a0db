import ArgumentParser
import Foundation
import Packing
import Records
import Tensors
import Text

/// Prints an error as one line on standard error, and gives the exit code for its kind.
enum Failure {
  static func exit(_ error: any Error) -> Never {
    guard let code = code(of: error) else { CocaShard.exit(withError: error) }
    tell("\(error)")
    Foundation.exit(code)
  }

  /// Prints one line on standard error.
  static func tell(_ line: String) {
    try? FileHandle.standardError.write(contentsOf: Data("coca-shard: \(line)\n".utf8))
  }

  /// Nil for what ArgumentParser prints itself: usage errors (64), help, a code that a command
  /// gives.
  private static func code(of error: any Error) -> Int32? {
    (error as? RecordError)?.exitCode ?? (error as? PackingError)?.exitCode
      ?? (error as? TextError)?.exitCode ?? (error is ThreadsError ? 64 : nil)
  }
}
