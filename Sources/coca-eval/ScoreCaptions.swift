import ArgumentParser
import CaptionScores
import Collectives
import Evaluation
import Foundation
import Records

struct ScoreCaptions: RankedCommand {
  static let configuration = CommandConfiguration(
    commandName: "score-captions",
    abstract: "Scores captions of a file against references: BLEU, ROUGE-L, CIDEr.",
    discussion: """
      RESULT is a JSON list of {"image_id", "caption"}, as COCO's server takes it. REFERENCES is \
      COCO's file of annotations, or Karpathy's file of splits. Scores equal those of \
      pycocoevalcap, without Java. CIDEr is CIDEr-D, as in all papers; CIDEr_plain is the older \
      one. Beside each score stands between which bounds it lies in 95 of 100 draws of the images.

      METEOR is computed by its own program, meteor-1.5.jar, if you have it and Java. It may take \
      two minutes, and a tenth of a second for each image.

      EXAMPLES
        coca-eval score-captions results.json captions_val2014.json
        coca-eval score-captions results.json dataset_coco.json --split test --json
      """)

  @Argument(help: "A JSON file of captions.", completion: .file(extensions: ["json"]))
  var result: String

  @Argument(help: "A JSON file of references.", completion: .file(extensions: ["json"]))
  var references: String

  @Option(help: "Take only this split of Karpathy's file: train, restval, val, test.")
  var split: String?

  @Flag(help: "Score what has a caption; without it a missing caption is an error.")
  var partial = false

  @Option(help: "METEOR's program, meteor-1.5.jar.", completion: .file(extensions: ["jar"]))
  var meteorJar: String?

  @Option(help: "Write each image's scores into this file, a JSON object a line.",
          completion: .file())
  var perImage: String?

  @Flag(help: "Print JSON.")
  var json = false

  /// Rank 0 alone does the work.
  func run(_ binding: Binding, over ranks: any Communicator) throws {
    try together(ranks) {
      guard ranks.rank == 0 else { return }
      let target = try perImage.map { try Target($0) }
      let judged = try JudgedSet(
        CaptionResults(file: URL(fileURLWithPath: result)),
        CaptionReferences(file: URL(fileURLWithPath: references), split: split), partial: partial)
      let meteor = meteorJar.map { METEOR(jar: URL(fileURLWithPath: $0)) }
      let scores = try CaptionScores(judged.captions, meteor: meteor)
      tell(judged, scores)
      let rows = zip(judged.captions, scores.images).map { ImageScoresRow($0, $1) }
      try target?.write(try rows.map { try Output.json($0) + "\n" }.joined())
      try Output.print(json ? try Output.json(report(judged, scores)) + "\n" : table(scores))
    }
  }

  /// Tells on standard error what one should know of the figures.
  private func tell(_ judged: JudgedSet, _ scores: CaptionScores) {
    if judged.missing > 0 {
      Failure.tell(
        "\(judged.missing.counted("image")) without a caption left out, "
          + "\(judged.captions.count) scored")
    }
    if scores.lineEnds > 0 {
      Failure.tell(
        "\(scores.lineEnds.counted("image")) with line breaks in a caption: they count as spaces")
    }
    if judged.captions.count == 1 {
      Failure.tell("CIDEr of one image is 0: it weighs words by the other images of the set")
    }
  }

  private func table(_ scores: CaptionScores) -> String {
    func number(_ value: Double) -> String { String(format: "%.4f", value) }
    let rows = scores.set.named.map { name, value in
      let bounds = scores.intervals[name]
      return (name, [number(value)] + (bounds.map {
        [number($0.lowerBound), number($0.upperBound)]
      } ?? []))
    }
    return TextTable(
      [("images", ["\(scores.images.count)", "from", "to"])] + rows + [
        ("distinct_1", [number(scores.distinct.words)]),
        ("distinct_2", [number(scores.distinct.pairs)]),
      ]).text
  }

  private func report(_ judged: JudgedSet, _ scores: CaptionScores) -> Report {
    Report(
      scores: scores,
      provenance: Report.Provenance(
        result: result, references: references, split: split, missing: judged.missing,
        captions: judged.captions.reduce(0) { $0 + $1.references.count },
        tokenizer: "PTB, as pycocoevalcap 1.2", meteor_jar: meteorJar, version: programVersion))
  }
}

/// What `--json` prints: the scores, and with what they were made.
private struct Report: Encodable {
  struct Provenance: Encodable {
    let result: String
    let references: String
    let split: String?
    /// Images without a result.
    let missing: Int
    /// Reference captions.
    let captions: Int
    let tokenizer: String
    let meteor_jar: String?
    let version: String
  }

  let scores: CaptionScores
  let provenance: Provenance

  private enum CodingKeys: CodingKey { case provenance }

  func encode(to encoder: any Encoder) throws {
    try scores.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(provenance, forKey: .provenance)
  }
}
