import Foundation
import RunFile

/// The options of the contrastive loss.
public struct ContrastiveSettings: Section {
  public enum Loss: String, Sendable, CaseIterable {
    /// Each row of the similarities is a choice among all columns (CLIP, arXiv 2103.00020).
    case softmax
    /// Each pair of image and text is a question of its own (SigLIP, arXiv 2303.15343).
    case sigmoid
  }

  public var loss = Loss.softmax
  public var positives = Positives.pair
  /// The part of every target that is spread over all columns.
  public var smoothing = 0.0
  /// Where the inverse temperature starts; nil: where the loss's paper starts it.
  public var scale: Double?
  /// Where the bias of the sigmoid loss starts; nil: where it fits the batch.
  public var bias: Double?

  public init() {}

  public static let keys: [Key<Self>] = [
    Key("loss", \.loss, .choice, """
      `softmax`: a text is chosen among all texts of the batch, and an image among all images; \
      `sigmoid`: each pair of an image and a text is judged alone, as in SigLIP; the model has a \
      bias too
      """),
    Key("positives", \.positives, .positives, """
      which texts match an image. `pair`: its own; a list: those of all pairs that are equal by the \
      first of these that a pair has, as in UniCL: \
      [equal pairs](objectives.md#equal-pairs)
      """),
    Key("smoothing", \.smoothing, .number(0...0.9), """
      the part of every target that is spread evenly over the batch, with `softmax`; ALIGN takes \
      0.1. Accuracies and `coca-eval` do not know it
      """),
    Key("scale", \.scale, .orNull(.number(1...100)), """
      where the inverse temperature starts, unless `init` brings it; null: 1 / 0.07 with `softmax`, \
      10 with `sigmoid`
      """),
    Key("bias", \.bias, .orNull(.number(-100...100)), """
      where the bias of `sigmoid` starts, unless `init` brings it; null: −ln(`batch` − 1), at which \
      the loss is the smallest while all similarities are 0. SigLIP's −10 fits a batch of 22,027
      """),
  ]

  public mutating func complete(
    _ mapping: Mapping, after others: [Self]
  ) throws(ConfigurationError) {
    if loss == .softmax, bias != nil {
      throw mapping.error("bias", .conflict("the softmax loss has none; it goes with loss: sigmoid"))
    }
    if loss == .sigmoid, smoothing > 0 {
      throw mapping.error("smoothing", .conflict("it goes with loss: softmax only"))
    }
  }

  /// Where the scale of a new model starts; nil: where a model declares it.
  var startingScale: Double? { scale ?? (loss == .sigmoid ? 10 : nil) }

  /// Where the bias of a new model starts.
  /// - Parameter pairs: of a batch.
  func startingBias(pairs: Int) -> Double { bias ?? -log(Double(max(pairs - 1, 1))) }
}
