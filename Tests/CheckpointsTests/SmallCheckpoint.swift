import Checkpoints
import Foundation

/// A small model whose weights are all `Float(step)` plus their index.
enum SmallCheckpoint {
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
