import Foundation
import JSON

/// What goes into a checkpoint.
public struct CheckpointContents {
  /// Updates done.
  public var step: Int
  public var seed: UInt64
  /// Version of the program.
  public var version: String
  /// The run configuration, with all defaults filled in.
  public var configuration: JSONValue
  /// Whatever else the trainer needs to continue.
  public var progress: JSONValue
  public var model: [TensorSource]
  /// Tensors by NAME of the file `optimizer-NAME.safetensors`.
  public var optimizer: [String: [TensorSource]]
  /// Further files, such as `configuration.json` and `tokenizer.model`.
  public var attachments: [String: Data]

  public init(
    step: Int, seed: UInt64, version: String, configuration: JSONValue,
    progress: JSONValue = .null, model: [TensorSource],
    optimizer: [String: [TensorSource]] = [:], attachments: [String: Data] = [:]
  ) {
    self.step = step
    self.seed = seed
    self.version = version
    self.configuration = configuration
    self.progress = progress
    self.model = model
    self.optimizer = optimizer
    self.attachments = attachments
  }
}

extension CheckpointFolder {
  /// A checkpoint that is on the disk.
  public struct Saved: Sendable {
    public let folder: URL
    /// Tensors, attachments and `state.json`.
    public let bytes: Int
    /// Older checkpoints that could not be removed.
    public let warnings: [CheckpointError]
  }

  /// Writes a checkpoint and removes all but the newest `keep`.
  ///
  /// Files are written into `step-N.tmp` and synced; then the folder is renamed. A checkpoint of
  /// the same step stays loadable until it is replaced. What a killed writer left behind is
  /// removed.
  /// - Parameters:
  ///   - keep: at least 1; nil keeps all.
  ///   - fileBytes: the size of a file after which tensors go into a further one.
  /// - Throws: `CheckpointError`; then the earlier checkpoints are unchanged, or the new one is
  ///   complete beside them.
  public func save(
    _ contents: CheckpointContents, keep: Int?, fileBytes: Int = TensorFiles.fileBytes
  ) throws(CheckpointError) -> Saved {
    precondition(keep ?? 1 >= 1 && contents.step >= 0)
    try files.makeDirectories(path)
    try removeLeftovers()
    let serial = try (survey().steps.first?.state.serial ?? 0) + 1
    let name = CheckpointFolder.name(step: contents.step)
    let temporary = "\(path)/\(name).tmp"
    let bytes: Int
    do throws(CheckpointError) {
      var folder = try NewFolder(temporary, files)
      bytes = try folder.write(contents, serial: serial, fileBytes: fileBytes)
      try commit(temporary, as: name)
    } catch {
      try? files.removeTree(temporary)
      throw error
    }
    try files.syncDirectory(path)
    try pointLatest(at: name)
    return Saved(
      folder: url.appendingPathComponent(name, isDirectory: true), bytes: bytes,
      warnings: prune(keep: keep))
  }

  /// Gives the folder its final name. A folder that has this name already is first renamed to
  /// `.old`; `newest` still finds it there if the second rename fails.
  private func commit(_ temporary: String, as name: String) throws(CheckpointError) {
    let final = "\(path)/\(name)"
    let replaces = exists(final)
    if replaces {
      try files.removeTree(final + ".old")
      try files.rename(final, to: final + ".old")
    }
    do throws(CheckpointError) {
      try files.rename(temporary, to: final)
    } catch {
      if replaces { try? files.rename(final + ".old", to: final) }
      throw error
    }
  }

  private func pointLatest(at name: String) throws(CheckpointError) {
    let temporary = "\(path)/latest.tmp"
    try files.symbolicLink(to: name, at: temporary)
    do throws(CheckpointError) {
      try files.rename(temporary, to: "\(path)/latest")
    } catch {
      try? files.remove(temporary)
      throw error
    }
    try files.syncDirectory(path)
  }

  private func removeLeftovers() throws(CheckpointError) {
    for name in try files.list(path) where name.hasSuffix(".tmp") {
      guard name == "latest.tmp" || CheckpointFolder.step(of: String(name.dropLast(4))) != nil
      else { continue }
      try files.removeTree("\(path)/\(name)")
    }
  }

  /// Removes all but the checkpoints that were written last; the new one is the last of all.
  private func prune(keep: Int?) -> [CheckpointError] {
    var warnings: [CheckpointError] = []
    do throws(CheckpointError) {
      let (steps, broken) = try survey()
      let kept = steps.filter { !$0.name.hasSuffix(".old") }.prefix(keep ?? steps.count)
      let all = steps.map(\.name) + broken.map(\.folder)
      for name in all where !kept.contains(where: { $0.name == name }) {
        let isSurplus = name.hasSuffix(".old") || kept.count == keep
        guard isSurplus else { continue }
        try discard(name)
      }
    } catch { warnings.append(error) }
    return warnings
  }

  /// Takes the final name away first, so that a half-removed folder never has it.
  private func discard(_ name: String) throws(CheckpointError) {
    let temporary = "\(path)/\(name).tmp"
    try files.rename("\(path)/\(name)", to: temporary)
    try files.removeTree(temporary)
  }
}
