import CoCaModel
import Collectives
import Foundation
import Optimizers
import Pipeline
import Tensors
import Text

/// A step whose losses or gradients are not finite, and where that began.
struct Divergence: Error, CustomStringConvertible, ExitCoded {
  let step: Int
  /// "the contrastive loss", or the names of parameters.
  let what: String
  /// On which ranks it began, and with which pairs.
  let origin: String
  /// How many steps in a row were like this, this one included.
  let steps: Int
  let isClipped: Bool

  var exitCode: Int32 { ExitCode.diverged }

  /// What happened, without a remedy.
  var fact: String { "step \(step): \(what) is not finite\(origin)" }

  var description: String {
    let remedy =
      "Lower optimizer.lr\(isClipped ? " or lengthen schedule.warmup" : " or set optimizer.clip")"
    return steps == 1
      ? "\(fact). \(remedy), or resume with --set nonfinite=skip"
      : "\(fact), and so were the \(steps - 1) steps before it: the weights no longer change. "
        + "\(remedy), and start anew or from an older checkpoint"
  }

  /// Looks for the pairs that cause it, and the layer where it begins. Collective.
  static func find(
    _ trainer: Trainer, _ losses: Losses, _ norm: GradientNorm, _ batch: Batch, inARow steps: Int
  ) throws -> Divergence {
    let mine = DivergentShare(trainer.state.saved.model, batch)
    let all = try trainer.ranks.allGather(Array(JSONEncoder().encode(mine)))
      .map { try JSONDecoder().decode(DivergentShare.self, from: Data($0)) }
    return Divergence(
      step: trainer.progress.step + 1, what: name(losses, norm),
      origin: DivergentShare.text(all), steps: steps,
      isClipped: trainer.state.plan.configuration.optimizer.clip != nil)
  }

  private static func name(_ losses: Losses, _ norm: GradientNorm) -> String {
    if let term = losses.terms.first(where: { !$0.loss.value.isFinite }) {
      return "the \(term.name) loss"
    }
    let names = norm.nonfinite.prefix(3).joined(separator: ", ")
    return "the gradient of \(names)"
  }
}

/// A rank's part of a batch whose loss or gradient is not finite. Every rank tries its pairs alone,
/// since one number that is not finite spoils the losses and gradients of all pairs.
private struct DivergentShare: Codable {
  /// The most pairs and ranks that are named.
  private static let named = 3

  /// The first pairs whose outputs are not finite by themselves; where there are none, the first of
  /// all.
  let keys: [String]
  let faulty: Int
  let pairs: Int
  /// Where the first of those pairs becomes so.
  let layer: String?

  init(_ model: CoCa, _ batch: Batch) {
    let images = batch.images
    func pair(_ row: Int) -> Pairs {
      Pairs(images.slice(at: row), PackedCaptions([Array(batch.captions[row])]))
    }
    let faulty = batch.rows.indices.filter { row in
      !model.outputs(pair(row)).allSatisfy { $0.values.allSatisfy(\.isFinite) }
    }
    keys = (faulty.isEmpty ? Array(batch.rows.indices) : faulty).prefix(Self.named).map { row in
      "\(batch.sourceNames[batch.rows[row].source])/\(batch.rows[row].key)"
    }
    (self.faulty, pairs) = (faulty.count, batch.rows.count)
    layer = faulty.first.flatMap { model.firstNonfiniteLayer(pair($0)) }
  }

  /// What follows "is not finite".
  static func text(_ shares: [DivergentShare]) -> String {
    let causes = shares.indices.filter { shares[$0].faulty > 0 }
    let told = (causes.isEmpty ? shares.indices.filter { shares[$0].pairs > 0 } : causes)
    let names = told.prefix(named).map { "rank \($0) (\(shares[$0].text))" }
    let more = told.count > named ? "; and \((told.count - named).of("more rank"))" : ""
    let lead = causes.isEmpty ? ", but all outputs are, with the pairs of " : ", from "
    return names.isEmpty ? "" : lead + names.joined(separator: "; ") + more
  }

  private var text: String {
    let listed = faulty > 0 ? faulty : pairs
    let list = keys.joined(separator: ", ") + (listed > keys.count ? ", …" : "")
    let place = layer.map { "first in \($0), with " } ?? ""
    return place + (faulty == pairs ? "every pair: " : "") + list
  }
}

extension Tensor {
  /// Sample `index` along the first dimension, as a batch of one.
  fileprivate func slice(at index: Int) -> Tensor {
    let size = shape.dropFirst().reduce(1, *)
    return slice(at: index * size, shape: [1] + shape.dropFirst())
  }
}
