/// The scores of an image's caption, or of a set.
public struct ScoreValues: Sendable, Equatable {
  /// BLEU-1 to BLEU-4.
  public var bleu: [Double]
  public var rougeL: Double
  /// CIDEr-D, which all published figures called CIDEr are.
  public var cider: Double
  /// CIDEr without the penalties of CIDEr-D.
  public var ciderPlain: Double
  /// Nil where it was not computed.
  public var meteor: Double?
  /// Words of the caption; of a set the mean.
  public var length: Double

  /// Each score with its name in files, in the order of tables.
  public var named: [(name: String, value: Double)] {
    zip(["Bleu_1", "Bleu_2", "Bleu_3", "Bleu_4"], bleu).map { ($0, $1) }
      + [("ROUGE_L", rougeL), ("CIDEr", cider), ("CIDEr_plain", ciderPlain)]
      + (meteor.map { [("METEOR", $0)] } ?? []) + [("length", length)]
  }
}
