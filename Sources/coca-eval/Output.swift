import Collectives
import Foundation

/// Writes to standard output.
enum Output {
  /// Writes whole lines; a full disk or a closed pipe is an error.
  static func print(_ text: String) throws {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    } catch {
      throw Failure(
        "standard output: cannot be written. Check the disk, then run again",
        exitCode: ExitCode.io)
    }
  }

  /// One line of JSON with sorted keys.
  static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
  }
}
