import Foundation

/// The names of the classes of pictures: line n of a file, counted from 0, names class n of
/// `KEY.cls`.
public struct ClassNames: Sendable, Equatable {
  static let byteLimit = 64 << 20

  /// For each class its name and synonyms, at least one.
  public let names: [[String]]

  public var count: Int { names.count }

  /// Reads a UTF-8 file with one class a line, synonyms separated by `|`.
  public init(file: URL) throws(EvaluationError) {
    let bytes = try NamedFile.read(file, limit: Self.byteLimit)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw EvaluationError(file.path, .classNames(line: 1, "the file is not UTF-8"))
    }
    try self.init(text: text, place: file.path)
  }

  /// Reads the contents of such a file; `place` is for errors.
  public init(text: String, place: String) throws(EvaluationError) {
    let lines = NamedFile.lines(text)
    guard !lines.isEmpty else {
      throw EvaluationError(place, .classNames(line: 1, "there is no name"))
    }
    var names: [[String]] = []
    for (index, line) in lines.enumerated() {
      let synonyms = line.split(separator: "|", omittingEmptySubsequences: false)
        .map { $0.trimmingCharacters(in: .whitespaces) }
      // An empty line must not be skipped: it would shift the classes after it.
      guard !synonyms.contains("") else {
        throw EvaluationError(place, .classNames(line: index + 1, "a name is empty"))
      }
      names.append(synonyms)
    }
    self.names = names
  }
}
