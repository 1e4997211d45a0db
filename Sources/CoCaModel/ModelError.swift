import Collectives

/// A model that cannot be built, or that does not fit what it is given.
public struct ModelError: Error, Sendable, Equatable, CustomStringConvertible, ExitCoded {
  public enum Reason: Sendable, Equatable {
    /// A value that no model can have.
    case impossible(String)
    /// Weights, a tokenizer or images of another model.
    case mismatch(String)
    /// Something that the checkpoint lacks.
    case missing(String)
  }

  /// The checkpoint or the configuration's key.
  public let place: String
  public let reason: Reason
  public let remedy: String

  public init(_ place: String, _ reason: Reason, remedy: String) {
    self.place = place
    self.reason = reason
    self.remedy = remedy
  }

  public var exitCode: Int32 { ExitCode.usage }

  public var description: String {
    let what =
      switch reason {
      case .impossible(let what), .mismatch(let what): what
      case .missing(let what): "has no \(what)"
      }
    return "\(place): \(what). \(remedy)"
  }
}
