import Foundation
import OpenCLIP
import Text

extension RunHeader {
  /// Where a run's weights and its tokenizer come from.
  struct Start: Encodable {
    enum Weights: String, Encodable {
      case scratch, `init`, checkpoint
    }

    struct Tokenizer: Encodable {
      /// Its file; null where it is that of the weights.
      let file: String?
      let pieces: Int
    }

    let weights: Weights
    /// The folder that they are read from; null from scratch.
    let folder: String?
    /// Null from scratch.
    let tensors: BroughtWeights?
    /// Null where all text is ready ids.
    let tokenizer: Tokenizer?
  }
}

extension RunHeader.Start {
  init(_ start: StartingPoint, _ plan: RunPlan) {
    weights = start.checkpoint != nil ? .checkpoint : plan.initial != nil ? .`init` : .scratch
    folder = start.checkpoint?.folder.path ?? plan.initial?.folder.path
    tensors = start.weights?.brought
    tokenizer = plan.tokenizer.map {
      Tokenizer(file: plan.configuration.tokenizer, pieces: $0.vocabularySize)
    }
  }

  /// As the header shows it.
  var lines: [String] {
    let title =
      switch weights {
      case .scratch: "start     from scratch"
      case .`init`: "start     init \(folder ?? "")"
      case .checkpoint: "resumed   from \(folder ?? "")"
      }
    let table = tensors?.resampled.map {
      "\($0.name) is resampled from \(Self.extent($0.from)) to \(Self.extent($0.to))"
    }
    let details = [tensors.map(Self.counts)].compactMap { $0 } + (table ?? []) + [tokenizerLine]
    return ["  " + title] + details.map { "            " + $0 }
  }

  private static func counts(_ tensors: BroughtWeights) -> String {
    [
      "\(tensors.loaded.of("tensor")) loaded",
      part(tensors.missing, "missing, which start at random"), part(tensors.leftOver, "left over"),
    ].filter { !$0.isEmpty }.joined(separator: "; ")
  }

  private static func part(_ names: [String], _ what: String) -> String {
    let shown = names.prefix(3).joined(separator: ", ") + (names.count > 3 ? ", …" : "")
    return names.isEmpty ? "" : "\(names.count.grouped) \(what) (\(shown))"
  }

  private static func extent(_ sides: [Int]) -> String {
    sides.map(String.init).joined(separator: " × ") + (sides.count == 1 ? " places" : "")
  }

  private var tokenizerLine: String {
    guard let tokenizer else { return "no tokenizer: all text is ready ids" }
    let place = tokenizer.file ?? (weights == .`init` ? "of init" : "of the checkpoint")
    return "tokenizer \(place), \(tokenizer.pieces.of("piece"))"
  }
}
