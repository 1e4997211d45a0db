import Checkpoints
import Foundation

/// A folder of one test, removed with the object.
final class TemporaryFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory
      .appendingPathComponent("checkpoints-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  func write(_ bytes: [UInt8], to name: String) throws {
    try Data(bytes).write(to: url.appendingPathComponent(name))
  }

  /// Replaces one byte of a file that is there.
  func patch(_ name: String, at offset: Int, to byte: UInt8) throws {
    let handle = try FileHandle(forUpdating: url.appendingPathComponent(name))
    defer { try? handle.close() }
    try handle.seek(toOffset: UInt64(offset))
    try handle.write(contentsOf: [byte])
  }

  func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: url.appendingPathComponent(name)))
  }

  func names(_ folder: String = "") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path(folder)).sorted()
  }
}

/// A small model whose weights are all `Float(step)` plus their index.
enum Sample {
  static func floats(_ count: Int, step: Int) -> [Float] {
    (0..<count).map { Float(step) + Float($0) / 8 }
  }

  static func save(
    step: Int, in folder: CheckpointFolder, keep: Int? = nil, fileBytes: Int = 1 << 30
  ) throws(CheckpointError) -> CheckpointFolder.Saved {
    let weights = floats(6, step: step)
    var result: Result<CheckpointFolder.Saved, CheckpointError>?
    weights.withUnsafeBufferPointer { weight in
      let bias = UnsafeBufferPointer(rebasing: weight[..<3])
      let model = [
        TensorSource("weight", shape: [2, 3], floats: weight),
        TensorSource("bias", shape: [3], floats: bias),
      ]
      let contents = CheckpointContents(
        step: step, seed: UInt64.max, version: "1.2.3",
        configuration: .object(["batch": .integer(8), "lr": .number(0.5)]),
        progress: .object(["pairs": .integer(step * 8)]), model: model,
        optimizer: ["adamw": [TensorSource("weight.m", shape: [2, 3], floats: weight)]],
        attachments: ["tokenizer.model": Data([1, 2, 3])])
      do throws(CheckpointError) {
        result = .success(try folder.save(contents, keep: keep, fileBytes: fileBytes))
      } catch { result = .failure(error) }
    }
    guard let result else { preconditionFailure("the closure has run") }
    return try result.get()
  }

  static func read(_ name: String, _ count: Int, from files: TensorFiles) throws -> [Float] {
    var floats = [Float](repeating: 0, count: count)
    var failure: CheckpointError?
    floats.withUnsafeMutableBufferPointer { buffer in
      do throws(CheckpointError) {
        try files.read(name, into: buffer)
      } catch { failure = error }
    }
    if let failure { throw failure }
    return floats
  }

  /// Whether everything in the checkpoint is what `save` wrote.
  static func isIntact(_ checkpoint: Checkpoint) throws -> Bool {
    let step = checkpoint.state.step
    return try read("weight", 6, from: checkpoint.model()) == floats(6, step: step)
      && read("bias", 3, from: checkpoint.model()) == floats(3, step: step)
      && read("weight.m", 6, from: checkpoint.optimizer("adamw")) == floats(6, step: step)
      && checkpoint.attachment("tokenizer.model") == Data([1, 2, 3])
      && checkpoint.state.seed == UInt64.max
      && checkpoint.state.progress["pairs"] == .integer(step * 8)
  }
}
