import Checkpoints
import CoCaModel
import Evaluation
import Foundation
import OpenCLIP
import Optimizers
import Tensors

/// An open_clip model that becomes a checkpoint, for `init:` and `coca-eval`; with the state of its
/// AdamW optimizer also for `--resume`.
public struct OpenCLIPImport {
  public let source: OpenCLIPSource
  /// Nil: the weights alone.
  public let optimizer: OpenCLIPOptimizer?

  /// - Throws: `CheckpointError` where the optimizer's state is wanted and does not fit.
  public init(_ source: OpenCLIPSource, withOptimizer: Bool) throws {
    self.source = source
    optimizer = withOptimizer ? try OpenCLIPOptimizer(source) : nil
  }

  /// Updates that open_clip's run had made.
  public var step: Int { optimizer?.step ?? 0 }

  /// Reads all tensors and writes the checkpoint; if that fails, nothing is left at `url`.
  public func write(to url: URL) throws {
    let model = CoCa(source.configuration, vocabularySize: 0)
    model.parameters.allocate(training: false)
    try source.weights.read(into: model)
    let saved = SavedModel(model: model, tokenizer: source.tokenizer)
    let state = optimizer == nil ? nil : AdamW(model.parameters, OptimizerSettings())
    if let optimizer, let state {
      let moments = Dictionary(uniqueKeysWithValues: state.state.map { ($0.name, $0.tensor) })
      func moment(_ name: String) -> Tensor {
        guard let tensor = moments[name] else { preconditionFailure("no \(name)") }
        return tensor
      }
      try optimizer.read(
        first: { moment("first_moment.\($0)") }, second: { moment("second_moment.\($0)") })
      state.updates = optimizer.step
    }
    try Checkpoint.write(
      CheckpointContents(
        saved, optimizer: state, TrainingProgress(step: step), seed: 0, configuration: .null),
      to: url)
  }

  /// Lines for a run file that continues with the optimizer's settings; empty for weights alone.
  /// - Parameter checkpoint: where it was written.
  public func runLines(_ checkpoint: URL) -> [String] {
    guard let optimizer, let group = optimizer.groups.last else { return [] }
    return [
      "init: \(checkpoint.path)  # the model and its tokenizer",
      "optimizer: {name: adamw, lr: \(group.learningRate), beta1: \(group.beta1), "
        + "beta2: \(group.beta2), epsilon: \(group.epsilon), weight_decay: \(group.weightDecay), "
        + "decay: openclip, clip: null}",
      "# lr is the rate at step \(step), not the peak. Peak, warmup, length and clipping are not",
      "# in the file: take them from open_clip's --lr, --warmup, --epochs and --grad-clip-norm",
    ]
  }
}
