import Foundation
import Records

/// Writes to standard output in large pieces; notices a full disk or a closed pipe.
struct Output: ~Copyable {
  private var pending: [UInt8] = []

  mutating func line(_ text: String) throws {
    pending.append(contentsOf: text.utf8)
    pending.append(0x0A)
    if pending.count >= 1 << 16 { try flush() }
  }

  /// An object as JSON with sorted keys.
  mutating func json(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try line(String(decoding: encoder.encode(value), as: UTF8.self))
  }

  mutating func flush() throws {
    guard !pending.isEmpty else { return }
    do {
      try FileHandle.standardOutput.write(contentsOf: Data(pending))
    } catch {
      throw RecordError(
        file: "standard output", reason: .io(operation: "write", code: errno == 0 ? EIO : errno))
    }
    pending.removeAll(keepingCapacity: true)
  }
}
