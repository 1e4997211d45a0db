import CaptionScores
import Records

/// Writes captions.
public struct CaptionTask: PictureTask {
  public static let name = "caption"
  public static let meaning = "Writes captions for each picture."
  public static let discussion = """
    One line each: the key or file, a tab, the caption. Three rules choose the pieces of a caption:

      --greedy   takes the likeliest piece at every step (the default): fast
      --beam N   keeps the N likeliest texts: more probable captions, plainer words
      --sample   draws pieces by their probabilities: captions that differ

    --temperature, --top-k, --top-p and --min-p keep the draws near the likely pieces. The options \
    mean what they mean in Hugging Face's generate, except that --top-k is off unless given. The \
    same seed gives a picture the same samples, whatever pictures are beside it.

    EXAMPLES
      coca-eval caption runs/demo --images cat.jpg pictures/birds
      coca-eval caption runs/demo --records data/flickr --beam 6 --format jsonl
      coca-eval caption runs/demo --images cat.jpg --sample --top-p 0.9 \\
        --num-return-sequences 5 --seed 1
      coca-eval caption runs/demo --records data/coco --beam 3 \\
        --prompt "a picture of" --max-new-tokens 20 --format coco --to results.json
    """
  public static let recordNeed: String? = nil
  public static let modelNeeds: Set<ModelPart> = [.captions, .tokenizer]
  public static let options = CaptionOptions.all
  public static let formats = ResultFormat.allCases

  private let settings: CaptionSettings
  private let isScored: Bool

  public static func check(_ values: TaskValues) throws(EvaluationError) {
    try CaptionOptions(values).check()
  }

  public init(_ values: TaskValues) {
    settings = CaptionOptions(values).settings
    isScored = values.has(CaptionOptions.score)
  }

  public func run(_ evaluator: Evaluator, records: [RecordSet], limit: Int?) throws -> Captions {
    try scored(evaluator, try evaluator.captions(records: records, limit: limit, settings)) {
      try evaluator.embeddings(records: records, captions: 0, limit: limit)
    }
  }

  public func run(_ evaluator: Evaluator, pictures files: [String]) throws -> Captions {
    try scored(evaluator, try evaluator.captions(files: files, settings)) {
      try evaluator.embeddings(files: files, texts: [])
    }
  }

  private func scored(
    _ evaluator: Evaluator, _ lines: [CaptionLine], pictures: () throws -> any NamedEmbeddings
  ) throws -> Captions {
    guard isScored else { return Captions(lines: lines) }
    let judged = lines.filter { $0.sample == 0 }.map {
      JudgedCaption(key: $0.key, candidate: $0.caption, references: $0.references)
    }
    return Captions(lines: lines, scores: try evaluator.scores(of: judged, pictures: pictures))
  }
}
