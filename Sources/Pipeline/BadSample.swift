/// A sample that could not be used, and why.
public struct BadSample: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Reason: Error, Sendable, Equatable {
    /// Its frame could not be read.
    case frame(String)
    case noImage
    /// Its picture could not be decoded.
    case image(String)
    case noText
    /// No caption, but what this value of `text` reads.
    case noCaption(has: String)
    /// Its text or annotation could not be used.
    case text(String)
    case noClass(String)
    case tokenOutOfRange(id: Int32, vocabulary: Int)
  }

  /// The source's name in the run file.
  public var source: String
  public var file: String
  public var frame: Int
  /// Nil where the frame is damaged, since then the key is unknown.
  public var key: String?
  public var reason: Reason

  public var description: String {
    "\(source), \(file) frame \(frame)\(key.map { ", \($0)" } ?? ""): \(reason.text)"
  }
}

extension BadSample.Reason {
  /// What is wrong, without the place.
  public var text: String {
    switch self {
    case .frame(let why), .image(let why), .text(let why), .noClass(let why): why
    case .noImage: "no picture"
    case .noText: "no text"
    case .noCaption(let text): "no caption, but \(text) (`text: \(text)` of a run file reads them)"
    case .tokenOutOfRange(let id, let vocabulary): "id \(id) is outside of 0 ..< \(vocabulary)"
    }
  }
}

/// What to do about samples that cannot be used (`bad_samples` of a run file).
public enum BadSamplePolicy: Sendable, Equatable {
  /// Leave them out, as long as they are not more than this fraction of all samples read.
  case skip(limit: Double)
  /// End the run at the first one.
  case fail
}

/// Counts the samples that were read and left out, and throws when too many were left out.
///
/// The counts are of all ranks together, so that a run ends at the same step for every number of
/// ranks. Few samples prove little: until `fewest` are read, as many are tolerated as at `fewest`.
public struct BadSampleTally: Sendable, Equatable {
  public static let fewest = 1000
  public private(set) var read = 0
  public private(set) var skipped = 0

  public init() {}

  /// - Throws: `PipelineError` (`tooManyBadSamples`) above the policy's limit.
  public mutating func add(
    read: Int, skipped: Int, policy: BadSamplePolicy
  ) throws(PipelineError) {
    self.read += read
    self.skipped += skipped
    guard case .skip(let limit) = policy else { return }
    if Double(self.skipped) > limit * Double(max(self.read, Self.fewest)) {
      throw PipelineError(
        "data", .tooManyBadSamples(skipped: self.skipped, read: self.read, limit: limit))
    }
  }
}
