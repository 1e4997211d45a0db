import Foundation

/// A file that grows by whole JSON lines. When `append` returns, they are handed to the disk.
final class LineLog {
  private let url: URL
  private let handle: FileHandle
  private let encoder = JSONEncoder()

  /// Opens or creates the file; removes lines whose `step` is above `step` or that were cut short.
  /// - Throws: `OutputError`.
  init(_ url: URL, upTo step: Int) throws {
    self.url = url
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    handle = try OutputError.telling(of: url) {
      let descriptor = open(url.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
      let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
      let kept = try Self.lines(of: url).prefix { $0.step <= step }
      try handle.truncate(atOffset: UInt64(kept.reduce(0) { $0 + $1.bytes.count + 1 }))
      try handle.seekToEnd()
      return handle
    }
  }

  func append(_ line: some Encodable) throws { try append([line]) }

  /// Writes all at once: of lines that belong together, all are written or none.
  func append(_ lines: [some Encodable]) throws {
    let bytes = try lines.reduce(into: Data()) { $0 += try encoder.encode($1) + Data("\n".utf8) }
    try OutputError.telling(of: url) { try handle.write(contentsOf: bytes) }
  }

  func close() throws { try OutputError.telling(of: url) { try handle.close() } }

  /// The lines of `step` in a file; none where there is no file.
  static func lines(of url: URL, at step: Int) throws -> [Data] {
    guard FileManager.default.fileExists(atPath: url.path) else { return [] }
    return try OutputError.telling(of: url) { try lines(of: url) }
      .filter { $0.step == step }.map(\.bytes)
  }

  private struct Step: Decodable { let step: Int }

  /// All lines up to the first one that has no step or was cut short.
  private static func lines(of url: URL) throws -> [(step: Int, bytes: Data)] {
    let data = try Data(contentsOf: url, options: .alwaysMapped)
    var lines: [(Int, Data)] = [], rest = data[...]
    while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
      let line = rest[..<newline]
      guard let found = try? JSONDecoder().decode(Step.self, from: line) else { break }
      lines.append((found.step, line))
      rest = rest[(newline + 1)...]
    }
    return lines
  }
}
