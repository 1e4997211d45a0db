import Foundation
import Packing
import Records
import Testing
import TestSupport

@Suite("Filters")
struct FilterTests {
  /// A picture for each row and a jsonl of their captions.
  private func world(_ rows: [[String]], sizes: [(Int, Int)] = []) throws -> TestFolder {
    let folder = try TestFolder()
    var lines = ""
    for (index, captions) in rows.enumerated() {
      let (width, height) = sizes.isEmpty ? (3, 2) : sizes[index]
      let picture = try TestPicture.png(index, width: width, height: height)
      try folder.write(picture, to: "in/\(index).png")
      let texts = captions.map { "\"\($0)\"" }.joined(separator: ",")
      lines += "{\"file\": \"\(index).png\", \"captions\": [\(texts)]}\n"
    }
    try folder.write(lines, to: "in/rows.jsonl")
    return folder
  }

  private func pack(
    _ folder: TestFolder, _ input: String = "in/rows.jsonl",
    _ change: (inout PackFilters) -> Void
  ) throws -> (keys: [String], counts: PackCounts) {
    let (counts, skipped) = try folder.pack(input) { change(&$0.filters) }
    #expect(skipped == [])
    return (try folder.samples().map(\.key), counts)
  }

  @Test("sides and their ratio drop pictures, exactly at the bounds")
  func sizes() throws {
    let sizes = [(10, 10), (9, 40), (10, 30), (10, 31), (31, 10), (12, 11)]
    let folder = try world(sizes.map { _ in ["x"] }, sizes: sizes)
    let (keys, counts) = try pack(folder) { ($0.minimumSide, $0.maximumAspect) = (10, 3) }
    #expect(keys == ["0", "2", "5"])
    #expect(counts.dropped[.small] == 1 && counts.dropped[.oblong] == 2)
    #expect(counts.rows == 6 && counts.samples == 3 && counts.skipped == 0)
    #expect(counts.dropped.text
      == "dropped 3 samples (1 with too short a side, 2 too long for their width)")
  }

  @Test("filters that leave nothing are an error that names them, not paths")
  func nothingLeft() throws {
    let folder = try world([["x"], ["x"]])
    let place = folder.url.appending(path: "in/rows.jsonl").path
    let error = PackingError(place, .allDropped(rows: 2))
    #expect(throws: error) { try pack(folder) { $0.minimumSide = 1000 } }
    #expect(error.exitCode == 65 && error.description.contains("loosen it"))
  }

  @Test("one dropped sample is told as one")
  func one() throws {
    let folder = try world([["x y"], ["x"]])
    let (_, counts) = try pack(folder) { $0.minimumWords = 2 }
    #expect(counts.dropped.text
      == "dropped 1 sample (1 with no text left) and 1 text (1 with too few words)")
  }

  @Test("words drop texts, and a sample when none is left")
  func words() throws {
    let folder = try world([
      ["one", "one two -- three."], ["one two three four five six"], ["!!! , ..."],
      ["\u{A0}a b\\tc"],
    ])
    let (keys, counts) = try pack(folder) { ($0.minimumWords, $0.maximumWords) = (3, 5) }
    #expect(keys == ["0", "3"])
    #expect(try folder.samples()[0].annotation().captions == ["one two -- three."])
    #expect(counts.dropped[.fewWords] == 2 && counts.dropped[.manyWords] == 1)
    #expect(counts.dropped[.noText] == 2 && counts.dropped.samples == 2)
  }

  @Test("samples with labels stay without a text")
  func labels() throws {
    let folder = try TestFolder()
    try folder.write(TestPicture.png(1), to: "1.png")
    try folder.write(
      "{\"file\": \"1.png\", \"caption\": \"x\", \"labels\": [\"l\"]}", to: "rows.jsonl")
    let (_, counts) = try pack(folder, "rows.jsonl") { $0.minimumWords = 2 }
    #expect(counts.samples == 1 && counts.dropped[.fewWords] == 1)
    #expect(try folder.samples()[0].annotation() == Annotation(labels: ["l"]))
  }

  @Test("a text of more images than allowed is dropped with all of them, however it is written")
  func shared() throws {
    let folder = try world([
      ["a star"], ["A star!"], ["a  STAR", "a star."], ["two of it"], ["two of it"],
    ])
    let (keys, counts) = try pack(folder) { $0.maximumShared = 2 }
    #expect(keys == ["3", "4"])
    #expect(counts.dropped[.shared] == 4 && counts.dropped[.noText] == 3)
  }

  @Test("a text with a rare word is dropped; uses are counted in all texts and parts")
  func rare() throws {
    let rows = [["red cat"], ["red dog"], ["Cat, cat"], ["dog red"], ["red zebra"]]
    let folder = try world(rows)
    let (keys, counts) = try pack(folder) { $0.rareWord = 2 }
    #expect(keys == ["0", "1", "2", "3"] && counts.dropped[.rare] == 1)
    let (part, _) = try folder.pack("in/rows.jsonl", to: "part") {
      ($0.filters.rareWord, $0.part) = (2, .init(index: 0, count: 5))
    }
    #expect(part.samples == 1)
  }

  @Test("texts in tars are counted over all archives, also those of other parts")
  func tars() throws {
    let folder = try TestFolder()
    for archive in 0..<3 {
      let tar = TarForge.member("k\(archive).png", try TestPicture.png(archive))
        + TarForge.member("k\(archive).txt", archive < 2 ? "the same" : "another one")
      try folder.write(tar + TarForge.end, to: "in/\(archive).tar")
    }
    let (counts, _) = try folder.pack("in", to: "part") {
      ($0.filters.maximumShared, $0.part) = (1, .init(index: 0, count: 2))
    }
    #expect(counts.dropped[.shared] == 1 && counts.samples == 1)
    #expect(try pack(folder, "in") { $0.maximumShared = 1 }.keys == ["k2"])
  }

  @Test("numbers that say nothing are refused", arguments: [
    "--min-side", "--max-aspect", "--min-words", "--max-words",
  ])
  func refused(option: String) throws {
    let folder = try world([["x"]])
    #expect {
      try folder.pack("in/rows.jsonl") { settings in
        switch option {
        case "--min-side": settings.filters.minimumSide = 0
        case "--max-aspect": settings.filters.maximumAspect = .nan
        case "--max-words": settings.filters.maximumWords = -1
        default: (settings.filters.minimumWords, settings.filters.maximumWords) = (3, 2)
        }
      }
    } throws: { ($0 as? PackingError)?.place == option && ($0 as? PackingError)?.exitCode == 64 }
  }
}
