import Foundation
import Packing
import Records
import Testing
import TestSupport

@Suite("Texts of datasets")
struct RecordTextsTests {
  /// Two datasets of one sample a frame: captions `a0 …`, `b0 …` and second ones, labels.
  private func sets(_ folder: TestFolder) throws -> [RecordSet] {
    try ["a", "b"].map { name in
      let samples = (0..<6).map { index in
        let json = "{\"captions\": [\"\(name)\(index) again\"], \"labels\": [\"\(name)\", \"x\"]}"
        return Sample(key: "\(index)", fields: [
          Field(suffix: "txt", bytes: Array("\(name)\(index)".utf8)),
          Field(suffix: "json", bytes: Array(json.utf8)),
        ])
      }
      return try folder.records(name, samples, shardBytes: 700, frameBytes: 1)
    }
  }

  private func all(_ texts: RecordTexts) -> (given: [String], texts: RecordTexts) {
    var texts = texts
    var given: [String] = []
    while let text = texts.next() { given.append(text) }
    return (given, texts)
  }

  @Test("captions, labels or both come, each once", arguments: RecordTexts.Kind.allCases)
  func kinds(kind: RecordTexts.Kind) throws {
    let folder = try TestFolder()
    let (given, end) = all(RecordTexts(sets: try sets(folder), kind: kind, limit: 99, seed: 1))
    let captions = ["a", "b"].flatMap { n in (0..<6).flatMap { ["\(n)\($0)", "\(n)\($0) again"] } }
    let isLabels = { (text: String) in text.contains(", ") }
    #expect(given.filter { !isLabels($0) }.sorted() == (kind == .labels ? [] : captions.sorted()))
    let labels = given.filter(isLabels)
    #expect(labels.count == (kind == .caption ? 0 : 12))
    #expect(Set(labels).isSubset(of: ["a, x", "x, a", "b, x", "x, b"]))
    #expect(end.skipped.isEmpty)
    #expect(!end.isCut)
  }

  @Test("a limit gives a sample that the seed decides", arguments: 1...24)
  func limit(limit: Int) throws {
    let folder = try TestFolder()
    let sets = try sets(folder)
    let (given, end) = all(RecordTexts(sets: sets, kind: .caption, limit: limit, seed: 1))
    let again = all(RecordTexts(sets: sets, kind: .caption, limit: limit, seed: 1)).given
    #expect(given.count == limit)
    #expect(given == again)
    #expect(end.isCut == (limit < 24))
  }

  @Test("other seeds give other samples of both datasets")
  func seeds() throws {
    let folder = try TestFolder()
    let sets = try sets(folder)
    let firsts = (0..<40).map { seed in
      all(RecordTexts(sets: sets, kind: .caption, limit: 1, seed: seed)).given[0]
    }
    #expect(Set(firsts).count > 4)
    #expect(Set(firsts.compactMap(\.first)) == ["a", "b"])
  }

  @Test("a damaged frame is noted and the rest is read")
  func damaged() throws {
    let folder = try TestFolder()
    let sets = try sets(folder)
    var bytes = try Data(contentsOf: sets[0].file(shard: 0))
    bytes[20] ^= 0x10
    try bytes.write(to: sets[0].file(shard: 0))
    let (given, end) = all(RecordTexts(sets: sets, kind: .caption, limit: 99, seed: 1))
    #expect(given.count == 22)
    #expect(end.skipped.count == 1)
  }
}

@Suite("Atomic files")
struct AtomicFileTests {
  @Test("a file is replaced whole and nothing else is left")
  func replaces() throws {
    let folder = try TestFolder()
    let file = folder.url.appending(path: "deep/x.model")
    for text in ["first", "second, longer"] {
      try AtomicFile.write(Data(text.utf8), to: file)
      #expect(try folder.contents("deep") == ["x.model": Data(text.utf8)])
    }
  }

  @Test("a file that cannot be written is an error and leaves nothing")
  func unwritable() throws {
    let folder = try TestFolder()
    try folder.write("a file, not a folder", to: "plain")
    let file = folder.url.appending(path: "plain/x.model")
    #expect {
      try AtomicFile.write(Data(), to: file)
    } throws: { error in
      guard case .unwritable = (error as? PackingError)?.reason else { return false }
      return (error as? PackingError)?.exitCode == 74
    }
  }
}
