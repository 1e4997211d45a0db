import Checkpoints
import Collectives
import Evaluation
import Foundation
import Records
import Tensors
import TestSupport
import Testing

@Suite("Search in embeddings")
struct SearchTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  /// Rows as they are, under the keys 0, 1, …
  @discardableResult
  private func write(_ rows: [[Float]], _ name: String, model: String = "m") throws -> URL {
    let images = Tensor([rows.count, rows[0].count])
    for (place, value) in rows.joined().enumerated() { images.pointer[place] = value }
    let set = SetEmbeddings(
      keys: rows.indices.map { "\(name)/\($0)" }, images: images, texts: Tensor([0, rows[0].count]),
      textImage: [])
    try FileManager.default.createDirectory(
      at: folder.file(name).deletingLastPathComponent(), withIntermediateDirectories: true)
    try set.write(to: folder.file(name), model: model)
    return folder.file(name)
  }

  /// Rows of length 1 that differ.
  private func rows(_ count: Int, width: Int = 8) -> [[Float]] {
    let random = CounterRandom(seed: 1, "rows")
    return (0..<count).map { row in
      let values = (0..<width).map {
        Float(random.uniform(UInt64(row * width + $0))) - 0.5
      }
      let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return values.map { $0 / length }
    }
  }

  private func dot(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

  @Test("the nearest rows are those of a full sort, over files of a folder, ties in their order")
  func nearest() throws {
    var all = rows(4300)
    all[4290] = all[3]
    try write(Array(all[..<4200]), "set/a.safetensors")
    try write(Array(all[4200...]), "set/b.safetensors")
    let files = try EmbeddingFiles(folder.file("set"))
    #expect(files.count == 4300 && files.key(4200) == "set/b.safetensors/0")
    let queries = Tensor([258, 8])
    for (place, value) in all[..<258].joined().enumerated() { queries.pointer[place] = value }
    let leftOut = (0..<258).map { $0 == 7 ? 7 : nil as Int? }
    let found = try NearestRows.find(queries, in: files, limit: 5, leftOut: leftOut)
    for query in [0, 3, 7, 257] {
      let cosines = all.map { dot(all[query], $0) }
      let expected = all.indices.filter { $0 != leftOut[query] }
        .sorted { (cosines[$1], $0) < (cosines[$0], $1) }.prefix(5)
      let rows = found[query].map(\.row)
      if query == 3 {
        #expect(Array(rows.prefix(2)) == [3, 4290])
      } else {
        #expect(rows == Array(expected), "query \(query)")
      }
      #expect(zip(found[query], expected).allSatisfy { abs($0.cosine - cosines[$1]) < 1e-6 })
    }
  }

  @Test("near pairs are all of them, in one set and against another; groups hang together")
  func pairs() throws {
    var all = rows(2100)
    for (copy, row) in [(2099, 5), (2060, 5), (40, 30)] { all[copy] = all[row] }
    let files = try EmbeddingFiles(write(all, "a.safetensors"))
    let found = try NearPairs.find(in: files, threshold: 0.999_999)
    let keys = [(5, 2060, 0), (5, 2099, 0), (30, 40, 1), (2060, 2099, 0)]
    #expect(found.map(\.a) == keys.map { "a.safetensors/\($0.0)" })
    #expect(found.map(\.b) == keys.map { "a.safetensors/\($0.1)" })
    #expect(found.map(\.group) == keys.map(\.2))
    let other = try EmbeddingFiles(write([all[5], all[31]], "b.safetensors"))
    let leaks = try NearPairs.find(in: other, against: files, threshold: 0.999_999)
    #expect(leaks.map(\.a) == [0, 0, 0, 1].map { "b.safetensors/\($0)" })
    #expect(leaks.map(\.b) == [5, 2060, 2099, 31].map { "a.safetensors/\($0)" })
    #expect(leaks.map(\.group) == [0, 0, 0, 1])
  }

  @Test("embeddings of two models, and files without their model's checksum, are refused")
  func models() throws {
    try write(rows(2), "set/a.safetensors", model: "one")
    try write(rows(2), "set/b.safetensors", model: "two")
    let mixed = #expect(throws: EmbeddingsError.self) { try EmbeddingFiles(folder.file("set")) }
    #expect(mixed?.exitCode == ExitCode.data)
    let files = try EmbeddingFiles(folder.file("set/a.safetensors"))
    try files.check(model: "one", of: "runs/a")
    let other = #expect(throws: EmbeddingsError.self) {
      try files.check(model: "two", of: "runs/b")
    }
    #expect(other?.description.contains("not made by runs/b") == true)
    try SafeTensorsWriter.write(
      [TensorSource("image", Tensor([1, 2]))], metadata: ["keys": "[\"x\"]"],
      to: folder.path("old.safetensors"))
    #expect(throws: EmbeddingsError.self) { try EmbeddingFiles(folder.file("old.safetensors")) }
    #expect(throws: CheckpointError.self) { try EmbeddingFiles(folder.file("none")) }
  }

  @Test("a model's checksum changes with a weight, and is the same for equal models")
  func checksum() throws {
    let saved = try SmallWorld.saved(), again = try SmallWorld.saved()
    #expect(try saved.checksum() == again.checksum())
    again.model.parameters.parameters[0].value.pointer[0] += 1
    #expect(try saved.checksum() != again.checksum())
    #expect(try saved.checksum() != SmallWorld.saved(tokenizer: nil).checksum())
  }

  @Test("a folder of several files holds the rows of one file, on 1 to 3 ranks", arguments: 1...3)
  func parts(ranks size: Int) throws {
    let world = try SmallWorld()
    let records = [try world.records("set", SmallWorld.samples(11))]
    let whole = try Evaluator(saved: SmallWorld.saved(), over: SoloCommunicator(), batch: 2)
      .embeddings(records: records)
    let target = folder.file("parts")
    let counts = try ThreadRanks.run(size) { ranks in
      try Evaluator(saved: SmallWorld.saved(), over: ranks, batch: 2).writeEmbeddings(
        records: records, limit: nil, captions: nil, needsTexts: false, rows: 4, to: target,
        as: .safetensors)
    }
    #expect(counts.allSatisfy { $0.pictures == 11 && $0.texts == 22 })
    #expect(try folder.names(in: "parts") == (0..<3).map { "0000\($0).safetensors" })
    let files = try EmbeddingFiles(target)
    #expect((0..<11).map(files.key) == whole.keys)
    let rows = try [0..<4, 4..<8, 8..<11].flatMap { try files.read($0).values }
    #expect(zip(rows, whole.images.values).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  @Test("clip-retrieval's folder has arrays of half floats, a picture and its first text a row")
  func clipRetrieval() throws {
    let world = try SmallWorld()
    let samples = try SmallWorld.samples(5) + [SmallWorld.sample(5, [])]
    let evaluator = Evaluator(saved: try SmallWorld.saved(), over: SoloCommunicator(), batch: 2)
    let records = [try world.records("set", samples)]
    let counts = try evaluator.writeEmbeddings(
      records: records, limit: nil, captions: 1, needsTexts: true, rows: 4,
      to: folder.file("out"), as: .clipRetrieval)
    #expect(counts.pictures == 5 && counts.texts == 5)
    #expect(try folder.files(below: "out") == [
      "img_emb", "img_emb/img_emb_0.npy", "img_emb/img_emb_1.npy", "metadata",
      "metadata/metadata_0.jsonl", "metadata/metadata_1.jsonl", "model.json", "text_emb",
      "text_emb/text_emb_0.npy", "text_emb/text_emb_1.npy",
    ])
    let bytes = try folder.bytes("out/img_emb/img_emb_1.npy")
    let header = "{'descr': '<f2', 'fortran_order': False, 'shape': (1, 12), }"
    #expect(bytes.starts(with: [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(header.utf8)))
    #expect(bytes.count == 128 + 24 && bytes[127] == 0x0A)
    let whole = try evaluator.embeddings(records: records, captions: 1)
    for place in 0..<12 {
      let bits = UInt16(bytes[128 + 2 * place]) | UInt16(bytes[129 + 2 * place]) << 8
      #expect(Float16(bitPattern: bits) == Float16(whole.images.pointer[48 + place]))
    }
    #expect(try folder.text("out/metadata/metadata_1.jsonl") == "{\"image_path\":\"p/4\"}\n")
  }

  @Test("a folder that is there is left alone, and a failed one leaves nothing")
  func occupied() throws {
    let evaluator = Evaluator(saved: try SmallWorld.saved(), over: SoloCommunicator(), batch: 2)
    try folder.write("x", to: "there/file")
    #expect(throws: EmbeddingsError.self) {
      try evaluator.writeEmbeddings(
        files: ["none.png"], rows: 2, to: folder.file("there"), as: .safetensors)
    }
    #expect(throws: EvaluationError.self) {
      try evaluator.writeEmbeddings(
        files: ["none.png"], rows: 2, to: folder.file("new"), as: .safetensors)
    }
    #expect(try folder.names() == ["there"] && folder.names(in: "there") == ["file"])
  }

  @Test("the page shows pictures of files and of records; keys and queries are only text")
  func page() throws {
    let key = try folder.write(SmallWorld.picture(1), to: "a.png").path
    let files = try EmbeddingFiles(write([[1, 0], [0, 1]], "<b>.safetensors"))
    let result = SearchResult(
      query: "<script>\u{1B}[2J&", rows: [NearRow(row: 0, cosine: 0.5)], files)
    #expect(result.text.contains("<script> [2J&\n   1   0.5000  <b>.safetensors/0\n"))
    let page = SearchPage([result], records: []).html
    #expect(page.contains("&lt;script&gt; [2J&amp;") && page.contains("no picture"))
    #expect(!page.contains("<script") && !page.contains("<b>.safe") && !page.contains("//"))
    let set = SetEmbeddings(
      keys: [key], images: Tensor([1, 2]), texts: Tensor([0, 2]), textImage: [])
    try set.write(to: folder.file("f.safetensors"), model: "m")
    let shown = SearchResult(
      query: "q", rows: [NearRow(row: 0, cosine: 1)],
      try EmbeddingFiles(folder.file("f.safetensors")))
    #expect(SearchPage([shown], records: []).html.contains("data:image/jpeg;base64,"))
    let world = try SmallWorld()
    let records = [try world.records("set", SmallWorld.samples(2))]
    let hit = try Evaluator(saved: SmallWorld.saved(), over: SoloCommunicator(), batch: 2)
      .embeddings(records: records)
    try hit.write(to: folder.file("r.safetensors"), model: "m")
    let known = SearchResult(
      query: "q", rows: [NearRow(row: 1, cosine: 1)],
      try EmbeddingFiles(folder.file("r.safetensors")))
    #expect(SearchPage([known], records: records).html.contains("data:image/jpeg;base64,"))
  }
}
