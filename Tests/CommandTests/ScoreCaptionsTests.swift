import Foundation
import TestSupport
import Testing

@Suite("coca-eval score-captions")
struct ScoreCaptionsTests {
  private static let references = """
    {"images": [{"id": 1}, {"id": 2}], "annotations": [
     {"image_id": 1, "caption": "A red bus."}, {"image_id": 2, "caption": "two dogs"}]}
    """
  private static let results = """
    [{"image_id": 1, "caption": "a bus"}, {"image_id": 2, "caption": "two dogs"}]
    """

  private let home: TestFolder

  init() throws {
    home = try TestFolder()
    try home.write(Self.references, to: "references.json")
    try home.write(Self.results, to: "results.json")
  }

  private func score(_ options: [String], ranks: Int? = nil) throws -> Job.Outcome {
    try Job.run(
      "coca-eval", ["score-captions", "results.json", "references.json"] + options, ranks: ranks,
      in: home.url)
  }

  @Test("prints the contract's names, with provenance, and each image's scores into a file")
  func json() throws {
    let outcome = try score(["--json", "--per-image", "images.jsonl"])
    #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome.all)")
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    #expect(Set(report.keys) == [
      "images", "Bleu_1", "Bleu_2", "Bleu_3", "Bleu_4", "ROUGE_L", "CIDEr", "CIDEr_plain",
      "distinct_1", "distinct_2", "length", "intervals", "provenance",
    ])
    let rows = try home.text("images.jsonl").split(separator: "\n")
    #expect(rows.count == 2 && rows[0].contains("\"image_id\":1"))
    let again = try Job.run(
      "coca-eval", ["score-captions", "results.json", "references.json", "--json"], ranks: 2,
      in: home.url)
    #expect(again.output == outcome.output, "\(again.all)")
  }

  @Test("prints a table with the bounds of each score")
  func table() throws {
    let lines = try score([]).output.split(separator: "\n").map { $0.split(separator: " ") }
    #expect(lines.first == ["images", "2", "from", "to"])
    #expect(lines.contains { $0[0] == "CIDEr" && $0.count == 4 })
  }

  @Test("a missing caption ends with 65; --partial scores the rest and says so")
  func partial() throws {
    try home.write(#"[{"image_id": 2, "caption": "two\ndogs"}]"#, to: "results.json")
    let whole = try score(["--per-image", "images.jsonl"])
    #expect(whole.code == 65 && whole.errors.contains("1 of 2 images have no caption (1)"))
    #expect(try home.names() == ["references.json", "results.json"])
    let part = try score(["--partial", "--json"])
    #expect(part.code == 0 && part.output.contains("\"images\":1,"), "\(part.all)")
    for text in ["1 image without a caption left out", "line breaks", "CIDEr of one image is 0"] {
      #expect(part.errors.contains(text), "\(text) in \(part.errors)")
    }
  }

  @Test("what cannot be done is told in one line with its code", arguments: [
    (["--split", "test"], 64, "its images have no splits"),
    (["--per-image", "nowhere/x"], 64, "there is no folder"),
    (["--meteor-jar", "none.jar"], 74, "none.jar: cannot be read"),
    (["--meteor-jar", "results.json"], 69, "results.json: its program ended before its answer"),
  ])
  func faults(options: [String], code: Int32, text: String) throws {
    let outcome = try score(options)
    #expect(outcome.code == code && outcome.errors.contains(text), "\(outcome.all)")
    #expect(outcome.errors.split(separator: "\n").count == 1 && outcome.output.isEmpty)
  }
}
