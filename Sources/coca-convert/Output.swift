import Checkpoints
import Foundation

/// Writes to standard output.
enum Output {
  /// Writes whole lines; a full disk or a closed pipe is an error.
  static func print(_ lines: [String]) throws {
    let text = lines.map { shown($0) + "\n" }.joined()
    do {
      try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    } catch {
      throw CheckpointError(
        "standard output", .system(operation: "write it", code: errno == 0 ? EIO : errno))
    }
  }

  /// A name from a file can neither end a line nor control the terminal.
  private static func shown(_ line: String) -> String {
    String(
      line.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : Character($0) })
  }

  /// Names and values below each other.
  static func rows(_ rows: [(String, String)]) -> [String] {
    rows.map { $0.0.padding(toLength: 12, withPad: " ", startingAt: 0) + $0.1 }
  }
}
