import Foundation

/// How much of a checkpoint is checked when it is opened.
public enum Verification: Sendable, Equatable {
  /// `state.json`, and that every file is there with its size.
  case sizes
  /// The above, and every file's xxh64: all bytes are read.
  case checksums
}

/// One complete checkpoint, open for reading.
public struct Checkpoint: Sendable {
  private static let attachmentLimit = 1 << 30

  /// The step's folder.
  public let folder: URL
  public let state: CheckpointState

  /// Opens a step's folder, a run's folder (its newest complete checkpoint), or the
  /// `checkpoints` folder of a run.
  ///
  /// - Parameter leftOut: called for each newer folder that is not a complete checkpoint.
  /// - Throws: `CheckpointError`; of kind `.usage` when the path names no checkpoint.
  public static func open(
    _ path: URL, verifying: Verification = .checksums,
    leftOut: (CheckpointFolder.LeftOut) -> Void = { _ in }
  ) throws(CheckpointError) -> Checkpoint {
    let folder = path.path
    if exists("\(folder)/\(CheckpointState.fileName)") {
      return try Checkpoint(stepFolder: folder, verifying: verifying)
    }
    let inside = path.appendingPathComponent("checkpoints")
    let isRun = isDirectory(inside.path, followingLinks: true)
    guard isRun || isDirectory(folder, followingLinks: true) else {
      throw CheckpointError(folder, .notACheckpoint)
    }
    let found = try CheckpointFolder(isRun ? inside : path).newest(verifying: verifying)
    guard let checkpoint = found.checkpoint else {
      let isNone = !isRun && found.leftOut.isEmpty
      throw CheckpointError(
        folder, isNone ? .notACheckpoint : .noneComplete(found.leftOut.map(\.error.description)))
    }
    found.leftOut.forEach(leftOut)
    return checkpoint
  }

  init(stepFolder: String, verifying: Verification) throws(CheckpointError) {
    state = try CheckpointState(folder: stepFolder)
    folder = URL(fileURLWithPath: stepFolder, isDirectory: true)
    for record in state.files {
      let file = try InputFile("\(stepFolder)/\(record.name)")
      guard file.byteCount == record.bytes else {
        throw CheckpointError(
          file.path, .truncated(expected: record.bytes, found: file.byteCount))
      }
      guard verifying == .checksums else { continue }
      let found = try file.checksum()
      guard found == record.xxh64 else {
        throw CheckpointError(file.path, .checksum(expected: record.xxh64, found: found))
      }
    }
  }

  /// The weights.
  public func model() throws(CheckpointError) -> TensorFiles { try tensors("model") }

  /// The tensors of `optimizer-NAME.safetensors`.
  public func optimizer(_ name: String) throws(CheckpointError) -> TensorFiles {
    try tensors("optimizer-\(name)")
  }

  /// The bytes of a further file, such as `tokenizer.model`; nil when the checkpoint has none.
  public func attachment(_ name: String) throws(CheckpointError) -> Data? {
    guard state.files.contains(where: { $0.name == name }) else { return nil }
    let file = try InputFile("\(folder.path)/\(name)")
    return Data(try file.contents(limit: Checkpoint.attachmentLimit))
  }

  private func tensors(_ name: String) throws(CheckpointError) -> TensorFiles {
    try TensorFiles(folder: folder.path, name: name)
  }
}

func exists(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0
}
