import Checkpoints
import Foundation
import Testing
import TestSupport

@Suite("A new folder")
struct NewFolderTests {
  private func create(_ home: TestFolder, _ files: any FileSystem) throws {
    let floats: [Float] = [1, 2, 3]
    try NewFolder.create(home.url.appendingPathComponent("a/out"), files: files) { folder in
      try floats.withUnsafeBufferPointer {
        try folder.write([TensorSource("x", shape: [3], floats: $0)], metadata: [:], name: "w")
      }
      try folder.write(Data("{}".utf8), name: "c.json")
    }
  }

  private func isWhole(_ home: TestFolder) throws -> Bool {
    try home.names(in: "a/out") == ["c.json", "w.safetensors"]
      && TensorFiles(file: home.path("a/out/w.safetensors")).tensor("x").values == [1, 2, 3]
  }

  @Test("is whole or not there after every failing call of the file system, and is made again",
    arguments: [false, true])
  func failures(lasting: Bool) throws {
    for call in 1...100 {
      let home = try TestFolder()
      let failing = FailingFileSystem(failAt: call, lasting: lasting)
      let error = Result { try create(home, failing) }
      if failing.callCount < call {
        #expect(try isWhole(home) && call > 8)
        return
      }
      #expect(throws: CheckpointError.self) { try error.get() }
      let names = (try? home.names(in: "a")) ?? []
      if names.contains("out") {
        // Only the folder above was not synced.
        #expect(try isWhole(home))
        continue
      }
      #expect(lasting || names.isEmpty, "\(names) after call \(call)")
      try create(home, FailingFileSystem())
      #expect(try isWhole(home) && home.names(in: "a") == ["out"])
    }
  }

  @Test("takes an empty folder's place, and nothing else's")
  func occupied() throws {
    for (content, isFree) in [(nil, true), ("x", false)] as [(String?, Bool)] {
      let home = try TestFolder()
      let out = home.url.appendingPathComponent("a/out")
      try FileManager.default.createDirectory(at: out, withIntermediateDirectories: true)
      if let content { try home.write(Array(content.utf8), to: "a/out/mine") }
      let result = Result { try create(home, FailingFileSystem()) }
      #expect((try? result.get()) != nil ? isFree : !isFree)
      if !isFree { #expect(try home.names(in: "a/out") == ["mine"]) }
    }
    let home = try TestFolder()
    try home.write([1], to: "file")
    #expect(throws: CheckpointError(home.path("file"), .occupied)) {
      try NewFolder.checkFree(home.url.appendingPathComponent("file"))
    }
  }

  @Test("what is in its temporary place is removed where it is files, and kept where it is folders")
  func leftovers() throws {
    let home = try TestFolder()
    let inner = home.url.appendingPathComponent("a/out.tmp/inner")
    try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
    try home.write([1], to: "a/out.tmp/inner/mine")
    #expect(throws: CheckpointError.self) { try create(home, FailingFileSystem()) }
    #expect(try home.names(in: "a/out.tmp/inner") == ["mine"])
  }
}
