import Evaluation
import Foundation
import Images
import TestSupport
import Testing

@Suite("coca-eval embed, search and duplicates")
struct SearchCommandTests {
  private let home: TestFolder

  init() throws {
    home = try TestFolder()
    try TinyCheckpoint.write(to: home.file("model"))
    for number in 0..<3 {
      let pixels = [UInt8](repeating: UInt8(80 * (number % 2)), count: 300)
      let picture = Picture(width: 10, height: 10, pixels: pixels)
      try home.write(try ImageEncoder.png(picture), to: "pictures/\(number).png")
    }
  }

  private func run(_ line: String) throws -> Job.Outcome {
    try Job.run(
      "coca-eval", line.split(separator: " ").map(String.init) + ["--threads", "1"], in: home.url)
  }

  @Test("an embedded folder is searched by picture and by key, and its equal pictures are found")
  func search() throws {
    let embedded = try run("embed model --images pictures --rows-per-file 2 --to set")
    #expect(embedded.code == 0, "\(embedded.all)")
    #expect(try home.names(in: "set") == ["00000.safetensors", "00001.safetensors"])
    let byPicture = try run(
      "search set --checkpoint model --image pictures/1.png --k 1 --json --html page.html")
    #expect(byPicture.code == 0 && byPicture.output.contains(#""key":"pictures/1.png","rank":1}"#))
    #expect(try home.text("page.html").contains("data:image/jpeg"))
    let byKey = try run("search set --key pictures/0.png --k 1")
    #expect(byKey.output.hasPrefix("pictures/0.png\n   1   1.0000  pictures/2.png\n"))
    let pairs = try run("duplicates set --threshold 0.99999 --to pairs.jsonl")
    #expect(pairs.code == 0, "\(pairs.all)")
    let line = try home.text("pairs.jsonl")
    #expect(line.contains(#""a":"pictures/0.png","b":"pictures/2.png""#))
    #expect(line.contains(#""group":0"#) && line.filter(\.isNewline).count == 1)
  }

  @Test("another model, an unknown key and a missing tokenizer are told", arguments: [
    ("search one --checkpoint other --image pictures/1.png", "were not made by other"),
    ("search one --key nothing", "one: no picture has the key nothing"),
    ("search one --checkpoint model --text x", "has no tokenizer"),
  ])
  func faults(line: String, text: String) throws {
    try TinyCheckpoint.write(to: home.file("other"), seed: 2)
    #expect(try run("embed model --images pictures --to one").code == 0)
    let outcome = try run(line)
    #expect(outcome.code == 64 && outcome.errors.contains(text), "\(outcome.all)")
  }

  @Test("options are checked before anything is opened", arguments: [
    ("search x", "Give one of --text, --image, --key and --queries."),
    ("search x --text a --key b", "Give one of --text, --image, --key and --queries."),
    ("search x --text a", "--checkpoint is missing."), ("search x --key a --k 0", "--k: 0 is not"),
    ("search x --key a --records r", "--records is for --html."),
    ("duplicates x --to y --threshold 2", "--threshold: 2.0 is not between -1 and 1."),
    ("embed x --texts t --to y --rows-per-file 3", "--texts goes into one file."),
  ])
  func options(line: String, text: String) throws {
    let outcome = try run(line)
    #expect(outcome.code == 64 && outcome.errors.contains(text), "\(outcome.all)")
  }
}
