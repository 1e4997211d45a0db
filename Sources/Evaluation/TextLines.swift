import Foundation

/// Texts as people give them on the command line: a UTF-8 file with one text a line.
public struct TextLines: Sendable, Equatable {
  static let byteLimit = 64 << 20

  /// At least one; none is blank.
  public let lines: [String]

  public init(file: URL) throws(EvaluationError) {
    try self.init(bytes: NamedFile.read(file, limit: Self.byteLimit), place: file.path)
  }

  /// Reads the contents of such a file; `place` is for errors. Blank lines at its end do not count.
  public init(bytes: [UInt8], place: String) throws(EvaluationError) {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw EvaluationError(place, .text(line: 1, "the file is not UTF-8"))
    }
    let lines = NamedFile.lines(text)
    // A blank line must not be skipped: row n is line n.
    if let blank = lines.firstIndex(where: { $0.allSatisfy(\.isWhitespace) }) {
      throw EvaluationError(place, .text(line: blank + 1, "is blank"))
    }
    guard !lines.isEmpty else { throw EvaluationError(place, .text(line: 1, "there is no text")) }
    self.lines = lines.map(String.init)
  }
}
