import Collectives

/// Why embeddings cannot be used: where, what, and what to do about it.
public struct EmbeddingsError: Error, Sendable, Equatable, CustomStringConvertible, ExitCoded {
  public enum Reason: Sendable, Equatable {
    case unreadable(String)
    /// A file that `coca-eval embed` did not write.
    case malformed(String)
    /// Embeddings of another model than the one named.
    case otherModel(String)
    case noKey(String)
    case tooManyPairs(limit: Int)
    /// A folder that is in the way.
    case occupied
    case unwritable(String)
  }

  /// A file or a folder.
  public let place: String
  public let reason: Reason

  public init(_ place: String, _ reason: Reason) { (self.place, self.reason) = (place, reason) }

  public var description: String { "\(place): \(reason.text). \(reason.remedy)" }

  public var exitCode: Int32 {
    switch reason {
    case .unreadable, .unwritable: ExitCode.io
    case .malformed: ExitCode.data
    case .otherModel, .noKey, .tooManyPairs, .occupied: ExitCode.usage
    }
  }
}

extension EmbeddingsError.Reason {
  fileprivate var text: String {
    switch self {
    case .unreadable(let why): "cannot be read (\(why))"
    case .malformed(let what): what
    case .otherModel(let name): "these embeddings were not made by \(name)"
    case .noKey(let key): "no picture has the key \(key)"
    case .tooManyPairs(let limit): "more than \(limit) pairs are that near"
    case .occupied: "is there already"
    case .unwritable(let why): "cannot be written (\(why))"
    }
  }

  fileprivate var remedy: String {
    switch self {
    case .unreadable: "Check the path and its permissions"
    case .malformed: "Give what this version's coca-eval embed wrote"
    case .otherModel: "Give the checkpoint that made them, or embed again"
    case .noKey: "coca-shard list shows the keys of records"
    case .tooManyPairs: "Raise --threshold"
    case .occupied: "Name another folder, or remove it"
    case .unwritable: "Check the disk, then run again"
    }
  }
}
