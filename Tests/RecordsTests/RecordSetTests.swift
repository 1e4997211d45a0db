import Foundation
import Records
import Testing
import TestSupport

@Suite("Record set and index")
struct RecordSetTests {
  @Test("a shard that is not the index's is named when it is opened, not before")
  func disagreement() throws {
    let folder = try TestFolder()
    let index = try folder.pack(
      (0..<4).map { SampleMaker.plain("k\($0)") }, shardBytes: 1, frameBytes: 1)
    let other = try TestFolder()
    try other.pack([SampleMaker.plain("a"), SampleMaker.plain("b")])
    try folder.write(try other.bytes("s-00000.tar.zst"), to: index.shards[1].file)
    try FileManager.default.removeItem(at: folder.file(index.shards[2].file))
    let set = try RecordSet(directory: folder.url)
    #expect(try set.open(shard: 0).samples == 1)
    let found = try other.bytes("s-00000.tar.zst").count
    #expect(reason { _ = try set.open(shard: 1) }
      == .disagreement(what: "bytes", index: index.shards[1].bytes, shard: found))
    #expect(reason { _ = try set.open(shard: 2) } == .io(operation: "open", code: ENOENT))
  }

  @Test("an index that contradicts itself or names other files is refused", arguments: [
    (#""samples": 2"#, #""samples": 3"#), (#""version": 1"#, #""version": 2"#),
    (#""file": "s-"#, #""file": "../s-"#), (#""file": "s-"#, #""file": ".s-"#),
    (#"00001.tar"#, #"00000.tar"#), (#""frames": 2"#, #""frames": -2"#),
    (#""samples": 1"#, #""samples": 9223372036854775807"#), ("{", "["),
    (#""samples": 1"#, #""samples": 1.5"#), (#""origin""#, #""source""#),
  ])
  func badIndex(old: String, new: String) throws {
    let folder = try TestFolder()
    try folder.pack([SampleMaker.plain("a"), SampleMaker.plain("b")], shardBytes: 1, frameBytes: 1)
    let text = String(decoding: try folder.bytes("index.json"), as: UTF8.self)
      .replacing(" : ", with: ": ")
    #expect(text.contains(old))
    try folder.write(Array(text.replacing(old, with: new).utf8), to: "index.json")
    let reason = reason { _ = try RecordSet(directory: folder.url) }
    guard case .index = reason else {
      Issue.record("\(new): \(String(describing: reason))")
      return
    }
  }

  @Test("a folder without index says how to get one, a missing folder that it is missing")
  func missing() throws {
    let folder = try TestFolder()
    try folder.pack([SampleMaker.plain("a")])
    try FileManager.default.removeItem(at: folder.file("index.json"))
    let error = #expect(throws: RecordError.self) { try RecordSet(directory: folder.url) }
    #expect(error?.description == "\(folder.url.path): no index.json here. "
      + "If no writer is at work, build it with `coca-shard index FOLDER`")
    #expect(error?.exitCode == 65)
    let shard = folder.file("s-00000.tar.zst")
    #expect(reason { _ = try RecordSet(directory: shard) } == .notAFolder)
    #expect(reason { _ = try RecordIndex(rebuilding: shard) } == .notAFolder)
    let none = #expect(throws: RecordError.self) { try RecordSet(directory: folder.file("none")) }
    #expect(none?.exitCode == 74)
  }

  @Test("a folder without shards is told how one is made, and gets no index")
  func noShards() throws {
    let folder = try TestFolder()
    try folder.write([1], to: "a.tar")
    let error = #expect(throws: RecordError.self) { try RecordIndex(rebuilding: folder.url) }
    #expect(error?.reason == .noShards && error?.exitCode == 65)
    #expect(error?.description.contains("`coca-shard pack INPUT --to FOLDER`") == true)
    #expect(reason { _ = try RecordSet(directory: folder.url) } == .noShards)
    #expect(try folder.names() == ["a.tar"])
  }

  @Test("an error is one line that names file, frame, key and remedy")
  func errorText() {
    let error = RecordError(
      file: "a\nb.tar.zst", frame: 3, key: "birds/wren", reason: .count(stated: 2, found: 1))
    #expect(error.description == "a?b.tar.zst, frame 3, key birds/wren: "
      + "2 samples stated, 1 found. "
      + "Copy the shard again, or pack it anew; `coca-shard verify` lists all damage")
  }
}
