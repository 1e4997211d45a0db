import Checkpoints
import CoCaModel
import Evaluation
import Foundation
import OpenCLIP
import Optimizers
import Tensors

/// An open_clip model on its way into a trainer's checkpoint, for `init:` and `coca-eval`; with its
/// AdamW's state also for `--resume`.
public struct OpenCLIPImport {
  public let source: OpenCLIPSource
  /// Nil: the weights alone.
  public let optimizer: OpenCLIPOptimizer?

  /// - Throws: `CheckpointError` where the optimizer's state is asked for and does not fit.
  public init(_ source: OpenCLIPSource, withOptimizer: Bool) throws {
    self.source = source
    optimizer = withOptimizer ? try OpenCLIPOptimizer(source) : nil
  }

  /// Updates made before.
  public var step: Int { optimizer?.step ?? 0 }

  /// Reads all tensors and writes the checkpoint, which is whole or not there.
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

  /// The keys of a run file that goes on as the optimizer was going; empty for the weights alone.
  /// - Parameter checkpoint: where it was written.
  public func runLines(_ checkpoint: URL) -> [String] {
    guard let optimizer, let group = optimizer.groups.last else { return [] }
    return [
      "init: \(checkpoint.path)  # the model and its tokenizer",
      "optimizer: {name: adamw, lr: \(group.learningRate), beta1: \(group.beta1), "
        + "beta2: \(group.beta2), epsilon: \(group.epsilon), weight_decay: \(group.weightDecay), "
        + "decay: openclip, clip: null}",
      "# lr was the rate of step \(step), not the peak; peak, warmup, length and clipping are not",
      "# in the file: give those of open_clip's --lr, --warmup, --epochs and --grad-clip-norm",
    ]
  }
}
