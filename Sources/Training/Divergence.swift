import CoCaModel
import Collectives
import Optimizers
import Pipeline

/// A step whose losses or gradients are not numbers, and where that began.
struct Divergence: Error, CustomStringConvertible, ExitCoded {
  let step: Int
  /// "the contrastive loss" or parameters' names.
  let what: String
  /// Every rank whose own share is not finite, with its keys.
  let ranks: String

  var exitCode: Int32 { ExitCode.diverged }

  var description: String {
    "step \(step): \(what) is not finite\(ranks). "
      + "Lower optimizer.lr, set optimizer.clip, or resume with --set nonfinite=skip"
  }

  /// Makes the step's gradients once more, each rank for itself, to name the ranks at fault.
  /// Collective.
  static func find(
    _ trainer: Trainer, _ losses: Losses, _ norm: GradientNorm, _ batch: Batch
  ) throws -> Divergence {
    let parameters = trainer.saved.model.parameters
    parameters.gradients.fill(0)
    _ = try trainer.objective.backward(batch.images, batch.captions)
    let own = GradientNorm(parameters)
    let keys = batch.rows.prefix(3).map { "\(batch.sourceNames[$0.source])/\($0.key)" }
    let text = own.value.isFinite ? "" : keys.joined(separator: ", ")
    let all = try trainer.ranks.allGather([own.value.isFinite ? 0 : 1] + Array(text.utf8))
    let faulty = all.enumerated().filter { $0.element.first == 1 }.map { rank, bytes in
      "rank \(rank) (\(String(decoding: bytes.dropFirst(), as: UTF8.self)), …)"
    }
    return Divergence(
      step: trainer.progress.step + 1, what: name(losses, norm),
      ranks: faulty.isEmpty ? "" : " on " + faulty.joined(separator: "; "))
  }

  private static func name(_ losses: Losses, _ norm: GradientNorm) -> String {
    if !losses.contrastive.isFinite { return "the contrastive loss" }
    if !losses.caption.isFinite { return "the captioning loss" }
    let names = norm.nonfinite.prefix(3).joined(separator: ", ")
    return "the gradient of \(names)"
  }
}
