import Autograd
import CoCaModel
import Collectives
import Foundation
import Pipeline

extension RunHeader {
  /// An estimate of a rank's memory in bytes, within a tenth of what it takes after some steps.
  struct Memory: Encodable {
    let weights_and_gradients: Double
    let optimizer: Double
    /// What one forward pass keeps for its backward pass, and what the latter needs besides.
    let activations: Double
    /// The embeddings of all pairs, or of three ranks, and the gradients of this rank's own.
    let contrastive: Double
    /// Decompressed frames, and the pictures of the batches that are loaded ahead.
    let data: Double
    /// The program and its libraries.
    let process: Double
    let total: Double
  }
}

extension RunHeader.Memory {
  /// - Parameter tokens: average ids of a text, for each source.
  init(_ plan: RunPlan, _ model: CoCa, ranks: Int, tokens: [Double]) {
    let run = plan.configuration, parameters = Double(model.parameters.count)
    let trained = model.parameters.trained.reduce(0) { $0 + Double($1.count) }
    let share = (run.batch - 1) / ranks + 1
    // Sums by lanes keep one copy of the gradients for each level of their tree.
    let branches = run.reproducible ? log2(Double(max(run.lanes / ranks, 1))) : 0
    weights_and_gradients = 4 * parameters + (4 + 4 * branches) * trained

    let state = run.optimizer.name.type.stateBytes * trained
    optimizer = run.shardOptimizer ? state / Double(ranks) : state

    let part = run.reproducible ? (run.batch - 1) / run.lanes + 1 : run.microbatch ?? share
    let pairs = Double(min(part, share))
    let text = plan.longestTexts(tokens, in: pairs / Double(share))
    let pair = ActivationMemory(
      model.configuration, tokens: text, recompute: run.recompute, frozen: plan.frozen)
    let logits = logitsTile(rows: Int(pairs * text), vocabulary: model.vocabularySize)
    let heads = model.configuration.heads
    let tile = heads.contains(.caption) ? Double(logits.rows * logits.columns) : 0
    activations = 4 * (pairs * pair.floats + tile)

    let embeddings = run.contrastiveExchange == .gather ? run.batch : 3 * share
    contrastive =
      heads.contains(.contrastive)
      ? 8 * Double(model.configuration.joint) * Double(embeddings + share) : 0

    let image = model.configuration.image.size
    // Floats of the batch in use; bytes of that one and of two that are loaded ahead.
    let values = Double(share) * Double(3 * image.height * image.width)
    data = plan.keptFrames + (4 + 3) * values

    process = 50e6  // as measured
    total = weights_and_gradients + optimizer + activations + contrastive + data + process
  }
}

extension RunPlan {
  /// The average ids of a text in the micro-batch with the longest texts, where a micro-batch is
  /// `part` of a rank's pairs: pairs of one source are neighbours in a batch.
  fileprivate func longestTexts(_ tokens: [Double], in part: Double) -> Double {
    var room = part, sum = 0.0
    for source in tokens.indices.sorted(by: { tokens[$0] > tokens[$1] }) {
      let share = min(room, batches.mixture.share(of: source) / Double(configuration.batch))
      sum += share * tokens[source]
      room -= share
    }
    return sum / part
  }

  /// Bytes of decompressed frames that stay in memory. Pictures are compressed already, so frames
  /// are hardly smaller than what they hold.
  fileprivate var keptFrames: Double {
    let all = sources.flatMap(\.records).reduce(0) { $0 + $1.index.bytes }
    return Double(min(all, BatchLoader.Settings.defaultFrameCacheBytes))
  }
}

extension RunHeader {
  /// An error where this machine's ranks would need more memory than it has, by more than the tenth
  /// by which the estimate may be wrong; nil otherwise.
  var lackOfMemory: ModelError? {
    let here = ranks.count { $0.host == Ranks.host }
    let needed = Double(here) * estimated_memory_bytes.total
    let memory = Machine.memory()
    guard needed > 1.1 * memory else { return nil }
    return .memory(
      "\(here == 1 ? "the rank" : "the \(here) ranks") on \(Ranks.host) would need about "
        + "\(needed.scaled)B, there are \(memory.scaled)B")
  }
}

extension ModelError {
  /// The error of a run that does not fit into memory.
  static func memory(_ what: String) -> ModelError {
    ModelError(
      "memory", .impossible(what),
      remedy: "Make batch or model smaller, set microbatch or recompute, or use more machines")
  }
}
