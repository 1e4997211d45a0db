import CoCaModel
import Collectives
import Optimizers
import Pipeline
import Tensors
import Text

/// A step whose losses or gradients are not finite, and where that began.
struct Divergence: Error, CustomStringConvertible, ExitCoded {
  let step: Int
  /// "the contrastive loss", or the names of parameters.
  let what: String
  /// Every rank with pairs whose outputs are not finite by themselves, and the keys of those pairs.
  let ranks: String
  /// How many steps in a row were like this, this one included.
  let steps: Int

  var exitCode: Int32 { ExitCode.diverged }

  /// What happened, without a remedy.
  var fact: String { "step \(step): \(what) is not finite\(ranks)" }

  var description: String {
    steps == 1
      ? "\(fact). Lower optimizer.lr, set optimizer.clip, or resume with --set nonfinite=skip"
      : "\(fact), and so were the \(steps - 1) steps before it: the weights no longer change. "
        + "Lower optimizer.lr or set optimizer.clip, and start anew or from an older checkpoint"
  }

  /// Looks for the pairs that cause it. Every rank tries its pairs alone, since one number that is
  /// not finite spoils the losses and gradients of all pairs. Collective.
  static func find(
    _ trainer: Trainer, _ losses: Losses, _ norm: GradientNorm, _ batch: Batch, inARow steps: Int
  ) throws -> Divergence {
    let model = trainer.state.saved.model
    let faulty = batch.rows.indices.filter { row in
      let pair = Pairs(
        batch.images.slice(at: row), PackedCaptions([Array(batch.captions[row])]))
      return !model.outputs(pair).allSatisfy { $0.values.allSatisfy(\.isFinite) }
    }
    let keys = faulty.prefix(3).map { row in
      "\(batch.sourceNames[batch.rows[row].source])/\(batch.rows[row].key)"
    }
    let isAll = !faulty.isEmpty && faulty.count == batch.rows.count
    let text =
      isAll ? "every pair" : keys.joined(separator: ", ") + (faulty.count > 3 ? ", …" : "")
    let named = try trainer.ranks.allGather(Array(text.utf8)).enumerated()
      .filter { !$0.element.isEmpty }
      .map { "rank \($0.offset) (\(String(decoding: $0.element, as: UTF8.self)))" }
    return Divergence(
      step: trainer.progress.step + 1, what: name(losses, norm),
      ranks: named.isEmpty ? "" : ", from " + named.joined(separator: "; "), steps: steps)
  }

  private static func name(_ losses: Losses, _ norm: GradientNorm) -> String {
    if let term = losses.terms.first(where: { !$0.loss.value.isFinite }) {
      return "the \(term.name) loss"
    }
    let names = norm.nonfinite.prefix(3).joined(separator: ", ")
    return "the gradient of \(names)"
  }
}

extension Tensor {
  /// Sample `index` along the first dimension, as a batch of one.
  fileprivate func slice(at index: Int) -> Tensor {
    let size = shape.dropFirst().reduce(1, *)
    return slice(at: index * size, shape: [1] + shape.dropFirst())
  }
}
