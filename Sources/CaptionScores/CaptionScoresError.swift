/// Why captions cannot be scored: where, what, and what to do about it.
public struct CaptionScoresError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Reason: Sendable, Equatable {
    case unreadable(String)
    case tooLarge(limit: Int)
    case malformed(String)
    /// Images of the references without a result; the first ones are named.
    case missing(count: Int, of: Int, first: [String])
    /// Results of images that are not in the references.
    case foreign(count: Int, first: [String])
    /// Images with more than one result.
    case doubled(count: Int, first: [String])
    /// Images without a reference.
    case noReferences(count: Int, first: [String])
    case nothing
    case noSplits
    case noSplit(String, found: [String])
    /// METEOR's program.
    case program(String)
    case tooSlow(seconds: Int)
  }

  /// A file.
  public let place: String
  public let reason: Reason

  public init(_ place: String, _ reason: Reason) {
    (self.place, self.reason) = (place, reason)
  }

  /// One line; what files hold is in it without control characters.
  public var description: String {
    let text = "\(place): \(reason.text). \(reason.remedy)"
    return String(String.UnicodeScalarView(text.unicodeScalars.map {
      $0.properties.generalCategory == .control ? " " : $0
    }))
  }
}

extension CaptionScoresError.Reason {
  fileprivate var text: String {
    switch self {
    case .unreadable(let why): "cannot be read (\(why))"
    case .tooLarge(let limit): "has more than \(limit) bytes"
    case .malformed(let what): what
    case .missing(let count, let all, let first):
      "\(count) of \(all) images have no caption (\(Self.list(first, of: count)))"
    case .foreign(let count, let first):
      "its images \(Self.list(first, of: count)) are not in the references"
    case .doubled(let count, let first):
      "its images \(Self.list(first, of: count)) have more than one caption"
    case .noReferences(let count, let first):
      "its images \(Self.list(first, of: count)) have no caption to compare with"
    case .nothing: "there is nothing to score"
    case .noSplits: "its images have no splits"
    case .noSplit(let name, let found):
      "no image is of split \(name), only of \(found.joined(separator: ", "))"
    case .program(let what): what
    case .tooSlow(let seconds): "its program did not end in \(seconds) seconds"
    }
  }

  fileprivate var remedy: String {
    switch self {
    case .unreadable: "Check the path and its permissions"
    case .tooLarge: "Give a smaller file"
    case .malformed: "Give a file as coca-eval score-captions --help describes it"
    case .missing: "Write captions of all images, or score the rest with --partial"
    case .foreign: "Give the references of these results, or another --split"
    case .doubled: "Keep one caption of each image"
    case .noReferences: "Give a file with annotations"
    case .nothing: "Give results and references of the same images"
    case .noSplits: "Leave out --split"
    case .noSplit: "Give one of these to --split"
    case .program: "Run `java -jar` with it by hand, or leave out --meteor-jar"
    case .tooSlow: "Score fewer images, or leave out --meteor-jar"
    }
  }

  private static func list(_ first: [String], of count: Int) -> String {
    first.joined(separator: ", ") + (count > first.count ? ", …" : "")
  }
}
