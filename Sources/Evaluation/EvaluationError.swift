import Collectives
import Foundation
import Records

/// Why a model cannot be evaluated: where, what, and what to do about it.
public struct EvaluationError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Reason: Sendable, Equatable {
    /// A file of class names that cannot be used as one.
    case classNames(line: Int, String)
    case classOutOfRange(found: Int, classes: Int)
    /// Every sample was left out; `first` is the first one, with its reason.
    case nothingUsable(samples: Int, first: String)
    case unreadable(String)
    case tooLarge(limit: Int)
    case promptTooLong(ids: Int, limit: Int)
    /// More ids of a caption than the model's context has.
    case tooManyTokens(asked: Int, context: Int)
    /// Options that cannot be met.
    case options(String, remedy: String)
    /// A file of texts that cannot be used as one.
    case text(line: Int, String)
    /// A folder without pictures.
    case noPictures
    /// The names of more pictures and texts than one file's header may have.
    case namesTooLong(bytes: Int, limit: Int)
  }

  /// A file, a folder of records, or an option.
  public let place: String
  public let reason: Reason

  public init(_ place: String, _ reason: Reason) {
    self.place = place
    self.reason = reason
  }

  public var description: String { "\(place): \(reason.text). \(reason.remedy)" }
}

extension EvaluationError: ExitCoded {
  public var exitCode: Int32 {
    switch reason {
    case .classNames, .classOutOfRange, .nothingUsable, .tooLarge, .text: ExitCode.data
    case .promptTooLong, .tooManyTokens, .options, .namesTooLong, .noPictures:
      ExitCode.usage
    case .unreadable: ExitCode.io
    }
  }
}

extension EvaluationError.Reason {
  var text: String {
    switch self {
    case .classNames(let line, let what): "line \(line): \(what)"
    case .classOutOfRange(let found, let classes):
      "its class is \(found), but only 0 to \(classes - 1) have names"
    case .nothingUsable(let samples, let first):
      "none of \(samples.counted("sample")) can be used (\(first))"
    case .unreadable(let why): "cannot be read (\(why))"
    case .tooLarge(let limit): "has more than \(limit) bytes"
    case .promptTooLong(let ids, let limit):
      "the prompt takes \(ids) of \(limit) ids, which leaves none for the model"
    case .tooManyTokens(let asked, let context):
      "\(asked) ids are more than the \(context) of the model's context"
    case .options(let what, _): what
    case .text(let line, let what): "line \(line): \(what)"
    case .noPictures: "there are no pictures in it"
    case .namesTooLong(let bytes, let limit):
      "the names take \(bytes) bytes, the limit of a header is \(limit)"
    }
  }

  var remedy: String {
    switch self {
    case .classNames: "Give one class a line in the order of KEY.cls, synonyms separated by |"
    case .classOutOfRange: "Give the names of the classes that these records were packed with"
    case .nothingUsable: "Give samples that have what this task needs"
    case .unreadable: "Check the path and its permissions"
    case .tooLarge: "Give a smaller file"
    case .promptTooLong: "Shorten --prompt or raise --max-tokens"
    case .options(_, let remedy): remedy
    case .tooManyTokens(_, let context): "Give at most \(context), or leave it out"
    case .text: "Give one text a line, in UTF-8"
    case .noPictures: "Name a folder with files .png, .jpg, .webp or .gif"
    case .namesTooLong: "Embed fewer pictures at a time with --limit"
    }
  }
}

/// Reads files that people name on the command line.
enum NamedFile {
  /// The lines of a file's text; blank ones at its end do not count.
  static func lines(_ text: String) -> [Substring] {
    var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    while let last = lines.last, last.allSatisfy(\.isWhitespace) { lines.removeLast() }
    return lines
  }

  /// The bytes of a file of at most `limit` bytes.
  static func read(_ file: URL, limit: Int) throws(EvaluationError) -> [UInt8] {
    let bytes: Data
    do {
      let handle = try FileHandle(forReadingFrom: file)
      defer { try? handle.close() }
      bytes = try handle.read(upToCount: limit + 1) ?? Data()
    } catch {
      throw EvaluationError(file.path, .unreadable(reason(error)))
    }
    guard bytes.count <= limit else { throw EvaluationError(file.path, .tooLarge(limit: limit)) }
    return [UInt8](bytes)
  }

  /// The system's text where there is one, on one line.
  static func reason(_ error: any Error) -> String {
    if let code = ((error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError)?.code {
      return String(cString: strerror(Int32(clamping: code)))
    }
    return (error as NSError).localizedDescription
  }
}
