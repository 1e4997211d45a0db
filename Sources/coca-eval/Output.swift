import Collectives
import Evaluation
import Foundation
import Records

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

  static func text(of result: any TaskResult, as format: ResultFormat) throws -> String {
    switch format {
    case .text: result.text
    case .jsonl: try result.objects.map { try json($0) + "\n" }.joined()
    case .coco: "[" + (try result.cocoResults.map { try json($0) }.joined(separator: ",\n")) + "]\n"
    }
  }

  /// One line of JSON with sorted keys. A terminal obeys nothing of it: the encoder escapes the
  /// control characters below 32, and this the others.
  static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let text = String(decoding: try encoder.encode(value), as: UTF8.self)
    guard text.unicodeScalars.contains(where: \.endsLines) else { return text }
    return text.unicodeScalars.map { scalar in
      scalar.endsLines ? String(format: "\\u%04x", scalar.value) : String(scalar)
    }.joined()
  }
}
