import Checkpoints
import CoCaModel
import Collectives
import Evaluation
import Foundation
import Records
import Tensors
import TestSupport
import Testing
import Text

@Suite("Pictures and texts without records")
struct FilesTests {
  private let world: SmallWorld

  init() throws { world = try SmallWorld() }

  private func files(_ count: Int) throws -> [String] {
    try (0..<count).map {
      try world.folder.write(SmallWorld.picture($0), to: "pictures/\($0).png").path
    }
  }

  @Test("a folder stands for its pictures, those of folders below too, sorted by path")
  func folders() throws {
    for name in ["b.PNG", "a/z.jpeg", "a/note.txt", "c.webp", ".hidden.png", ".git/x.gif", "d"] {
      try world.folder.write("x", to: "all/\(name)")
    }
    let all = world.folder.path("all")
    let found = ["a/z.jpeg", "b.PNG", "c.webp"].map { "\(all)/\($0)" }
    #expect(try PictureFiles.listed([all]) == found)
    #expect(try PictureFiles.listed(["x.dat", all + "/", "x.dat"]) == ["x.dat"] + found + ["x.dat"])
    try world.folder.write("x", to: "none/note.txt")
    let error = #expect(throws: EvaluationError.self) {
      try PictureFiles.listed([all, world.folder.path("none")])
    }
    #expect(error?.place == world.folder.path("none") && error?.exitCode == ExitCode.usage)
  }

  @Test("a text a line: row n is line n, so that a blank line is refused", arguments: [
    ("a\n\nb", 2), (" \na", 1), ("", 1), ("\n \n", 1),
  ])
  func blankLines(text: String, line: Int) throws {
    let lines = try TextLines(bytes: Array("a cat\r\n dog \n\n".utf8), place: "texts")
    #expect(lines.lines == ["a cat", " dog "])
    let error = #expect(throws: EvaluationError.self) {
      try TextLines(bytes: Array(text.utf8), place: "texts.txt")
    }
    #expect(error?.description.hasPrefix("texts.txt: line \(line): ") == true)
    #expect(error?.exitCode == ExitCode.data)
    #expect(throws: EvaluationError.self) { try TextLines(bytes: [0xFF], place: "texts.txt") }
  }

  @Test("files and lines have the embeddings that records of them have, on every number of ranks")
  func embeddings() throws {
    let files = try files(5), texts = (0..<5).flatMap { ["\($0)", "\($0) again"] }
    let expected = try Evaluator(saved: SmallWorld.saved(), over: SoloCommunicator(), batch: 2)
      .embeddings(records: [world.records("set", SmallWorld.samples(5))])
    for size in 1...4 {
      let found = try ThreadRanks.run(size) { ranks in
        let evaluator = Evaluator(saved: try SmallWorld.saved(), over: ranks, batch: 2)
        let embedded = try evaluator.embeddings(files: files, texts: texts)
        return (embedded.files, embedded.images.values, embedded.texts.values)
      }
      for rank in found {
        #expect(rank.0 == files && close(rank.1, expected.images.values))
        #expect(close(rank.2, expected.texts.values))
      }
    }
  }

  @Test("either kind can be left out; names stand in the file's metadata")
  func file() throws {
    let evaluator = Evaluator(saved: try SmallWorld.saved(), over: SoloCommunicator(), batch: 2)
    let files = try files(1), path = world.folder.file("out.safetensors")
    for (files, texts) in [(files, []), ([], ["a", "b", "c"])] {
      try evaluator.embeddings(files: files, texts: texts).write(to: path, model: "m")
      let file = try SafeTensorsFile(path: path.path)
      #expect(file["image"]?.shape == [files.count, 12])
      #expect(file["text"]?.shape == [texts.count, 12] && file["text_image"] == nil)
      for (name, names) in [("keys", files), ("texts", texts)] {
        let data = Data((file.metadata[name] ?? "").utf8)
        #expect(try JSONDecoder().decode([String].self, from: data) == names)
      }
    }
  }

  @Test("texts without a tokenizer are refused, pictures are not")
  func noTokenizer() throws {
    let saved = try SmallWorld.saved(tokenizer: nil)
    let evaluator = Evaluator(saved: saved, over: SoloCommunicator(), batch: 2)
    let error = #expect(throws: ModelError.self) {
      try evaluator.embeddings(files: [], texts: ["a"])
    }
    #expect(error?.exitCode == ExitCode.usage)
    #expect(try evaluator.embeddings(files: files(2), texts: []).images.rows == 2)
  }

  @Test("the nearest classes of a picture: the first is the one that zero-shot counts")
  func classes() throws {
    let names = try ClassNames(text: "0|zero\n1\n2\n3\n4\n5", place: "names")
    let files = try files(5)
    let found = try ThreadRanks.run(2) { ranks in
      try Evaluator(saved: SmallWorld.saved(), over: ranks, batch: 2)
        .classes(of: files, among: names, prompts: .none)
    }
    #expect(found[0] == found[1] && found[0].map(\.key) == files)
    let evaluator = Evaluator(saved: try SmallWorld.saved(), over: SoloCommunicator(), batch: 2)
    for (number, line) in found[0].enumerated() {
      let similarities = line.answers.map(\.similarity)
      #expect(line.answers.count == 5 && similarities == similarities.sorted(by: >))
      #expect(line.answers.allSatisfy { $0.name == names.names[$0.class][0] })
      #expect((0...1).contains(line.answers.reduce(0) { $0 + $1.probability }))
      let sample = try SmallWorld.sample(number, [
        Field(suffix: "cls", bytes: Array("\(line.answers[0].class)".utf8)),
      ])
      let scores = try evaluator.zeroShot(
        records: [world.records("set-\(number)", [sample])], classes: names, prompts: .none)
      #expect(scores.top1 == 1)
    }
  }

  private func close(_ a: [Float], _ b: [Float]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) < 1e-6 }
  }
}
