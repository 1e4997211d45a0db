import Collectives
import Foundation

/// What goes to standard output.
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

  /// Rows of a name and columns of equal width.
  static func table(_ rows: [(String, [String])]) -> String {
    let name = rows.map(\.0.count).max() ?? 0
    return rows.map { title, columns in
      let cells = columns.map { padding(10 - $0.count) + $0 }
      return title + padding(name - title.count) + cells.joined() + "\n"
    }.joined()
  }

  /// 0.0336 as 3.36%.
  static func percent(_ fraction: Double) -> String { String(format: "%.2f%%", 100 * fraction) }

  private static func padding(_ count: Int) -> String {
    String(repeating: " ", count: max(0, count))
  }
}
