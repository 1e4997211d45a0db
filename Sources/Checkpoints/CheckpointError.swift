import Foundation

/// What went wrong with a checkpoint or a safetensors file: where, why, and what to do.
///
/// The text is `place: what. Remedy` on one line.
public struct CheckpointError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Reason: Sendable, Equatable {
    /// A system call failed; `code` is its errno.
    case system(operation: String, code: Int32)
    case truncated(expected: Int, found: Int)
    case tooLarge(bytes: Int, limit: Int)
    case malformed(String)
    case checksum(expected: String, found: String)
    case missing(String)
    case duplicate(String)
    case wrongShape(name: String, expected: [Int], found: [Int])
    case wrongType(name: String, found: String)
    /// A tensor holds infinity or NaN.
    case notFinite(name: String)
    case unsupportedVersion(Int)
    case notACheckpoint
    /// The file or folder to be written exists already.
    case occupied
    case noneComplete([String])
    /// The tensors are not the model's.
    case differs(TensorDifferences)
    /// Not damaged, but nothing that this program can read or write; it has a remedy of its own.
    case unsupported(String, remedy: String)
  }

  /// The kind of failure; a command turns it into its exit code.
  public enum Kind: Sendable, Equatable {
    /// Contents that are wrong (65).
    case data
    /// The disk or its file system (74).
    case files
    /// A path that names no file or no checkpoint (64).
    case usage
  }

  /// A file or folder.
  public let place: String
  public let reason: Reason

  public init(_ place: String, _ reason: Reason) {
    self.place = place
    self.reason = reason
  }

  public var kind: Kind {
    switch reason {
    case .system(_, ENOENT): .usage
    case .system: .files
    case .notACheckpoint, .noneComplete, .occupied: .usage
    default: .data
    }
  }

  public var description: String { "\(place): \(oneLine(reason.text)). \(reason.remedy)" }

  /// A name from a hostile file can neither begin a line nor fill the screen.
  private func oneLine(_ text: String) -> String {
    let start = text.unicodeScalars.prefix(4000)
    let shown = start.map { $0.properties.generalCategory == .control ? " " : Character($0) }
    return String(shown) + (start.count < text.unicodeScalars.count ? "…" : "")
  }
}

extension CheckpointError.Reason {
  var text: String {
    switch self {
    case .system(let operation, let code): "cannot \(operation): \(String(cString: strerror(code)))"
    case .truncated(let expected, let found): "has \(found) bytes where \(expected) are needed"
    case .tooLarge(let bytes, let limit): "declares \(bytes) bytes, the limit is \(limit)"
    case .malformed(let what): what
    case .checksum(let expected, let found): "its xxh64 is \(found), should be \(expected)"
    case .missing(let what): "has no \(what)"
    case .duplicate(let what): "holds \(what) twice"
    case .wrongShape(let name, let expected, let found):
      "\(name) has shape \(found), expected \(expected)"
    case .wrongType(let name, let found): "\(name) has element type \(found), which does not fit"
    case .notFinite(let name): "\(name) holds numbers that are not finite"
    case .unsupportedVersion(let version): "has format version \(version), too new for this program"
    case .notACheckpoint: "is neither a checkpoint nor a run's folder"
    case .occupied: "exists already"
    case .noneComplete(let broken):
      "holds no complete checkpoint"
        + (broken.isEmpty ? "" : " (left out: \(broken.joined(separator: "; ")))")
    case .differs(let differences): differences.text
    case .unsupported(let what, _): what
    }
  }

  var remedy: String {
    switch self {
    case .system(_, ENOSPC), .system(_, EDQUOT): "Free space, or write elsewhere"
    case .system(_, EACCES), .system(_, EPERM), .system(_, EROFS): "Check the permissions"
    case .system(_, ENOENT): "Check the path"
    case .system: "Check the disk, then run again"
    case .truncated, .checksum, .duplicate, .malformed, .tooLarge, .notFinite:
      "Copy the file again, or use an older checkpoint"
    case .missing, .wrongShape, .wrongType, .differs: "Check that it belongs to this model"
    case .unsupportedVersion: "Use the program that wrote it, or a newer one"
    case .notACheckpoint:
      "Name a step's folder or a run's folder, or open_clip's with its configuration"
    case .occupied: "Remove it, or give another path"
    case .noneComplete: "Start the run anew, or give another folder"
    case .unsupported(_, let remedy): remedy
    }
  }
}
