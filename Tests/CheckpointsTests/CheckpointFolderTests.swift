import Checkpoints
import Foundation
import Tensors
import Testing
import TestSupport

@Suite("The folder of checkpoints")
struct CheckpointFolderTests {
  @Test("what was saved is read back, from the step's folder, the run's and the link")
  func roundTrip() throws {
    let home = try TestFolder()
    let folder = CheckpointFolder(home.url.appendingPathComponent("checkpoints"))
    let saved = try SmallCheckpoint.save(step: 1000, in: folder)
    #expect(saved.folder.lastPathComponent == "step-00001000")
    for path in ["", "checkpoints", "checkpoints/latest", "checkpoints/step-00001000"] {
      let checkpoint = try Checkpoint.open(home.url.appendingPathComponent(path))
      #expect(checkpoint.state.step == 1000)
      #expect(checkpoint.state.configuration["lr"] == .number(0.5))
      #expect(try SmallCheckpoint.isIntact(checkpoint))
      #expect(try checkpoint.attachment("absent") == nil)
    }
  }

  @Test("a model above the limit is split, indexed, and read as one")
  func sharding() throws {
    let home = try TestFolder()
    let saved = try SmallCheckpoint.save(step: 7, in: CheckpointFolder(home.url), fileBytes: 30)
    let names = try home.names(in: saved.folder.lastPathComponent)
    #expect(
      names == [
        "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
        "model.safetensors.index.json", "optimizer-adamw.safetensors", "state.json",
        "tokenizer.model",
      ])
    let checkpoint = try Checkpoint.open(saved.folder)
    #expect(try checkpoint.model().entries.map(\.name) == ["bias", "weight"])
    #expect(try SmallCheckpoint.isIntact(checkpoint))
  }

  @Test("a tensor is written and read as one, of the shape asked for")
  func tensors() throws {
    let home = try TestFolder()
    let path = home.path("t.safetensors")
    let tensor = Tensor([1, 2, 3, 4, 5, 6], shape: [3, 2])
    try SafeTensorsWriter.write([TensorSource("t", tensor)], to: path)
    let files = try TensorFiles(file: path)
    let read = try files.tensor("t")
    #expect(read.shape == [3, 2] && read.values == tensor.values)
    #expect(throws: CheckpointError(path, .missing("tensor u"))) { try files.tensor("u") }
    #expect(
      throws: CheckpointError(path, .wrongShape(name: "t", expected: [2, 3], found: [3, 2]))
    ) { try files.tensor("t", shape: [2, 3]) }
  }

  @Test("an index that names a file outside the folder, or a tensor elsewhere, is refused",
    arguments: [
      #"{"weight_map": {"weight": "../w", "bias": "b"}}"#,
      #"{"weight_map": {"weight": "model-00002-of-00002.safetensors"}}"#,
      #"{"weight_map": {"weight": 1}}"#, "{}", "[]", "",
      #"{"weight_map": {"weight": "model-00002-of-00002.safetensors","#
        + #" "bias": "model-00002-of-00002.safetensors"}}"#,
    ])
  func badIndex(index: String) throws {
    let home = try TestFolder()
    let saved = try SmallCheckpoint.save(step: 7, in: CheckpointFolder(home.url), fileBytes: 30)
    try home.write(Array(index.utf8), to: "step-00000007/model.safetensors.index.json")
    #expect(throws: CheckpointError.self) {
      try TensorFiles(folder: saved.folder.path, name: "model")
    }
  }

  @Test("only the newest are kept, also when their steps go back",
    arguments: [[1, 2, 3, 4], [10, 20, 5, 6], [3, 3, 3, 1]])
  func keep(steps: [Int]) throws {
    let home = try TestFolder()
    let folder = CheckpointFolder(home.url)
    for step in steps {
      #expect(try SmallCheckpoint.save(step: step, in: folder, keep: 2).warnings.isEmpty)
      #expect(try folder.newest().checkpoint?.state.step == step)
      #expect(try Checkpoint.open(home.url.appendingPathComponent("latest")).state.step == step)
    }
    let left = try home.names().filter { $0 != "latest" }
    #expect(left == Set(steps.suffix(2)).sorted().map { "step-0000000\($0)" })
  }

  @Test("a broken newest checkpoint is passed over and named")
  func fallback() throws {
    let home = try TestFolder()
    let folder = CheckpointFolder(home.url)
    for step in 1...3 { _ = try SmallCheckpoint.save(step: step, in: folder) }
    try home.write([0], to: "step-00000003/state.json")
    try FileManager.default.removeItem(atPath: home.path("step-00000002/tokenizer.model"))
    let newest = try folder.newest()
    #expect(newest.checkpoint?.state.step == 1)
    #expect(newest.leftOut.map(\.folder) == ["step-00000003", "step-00000002"])
    #expect(newest.leftOut[1].error.reason == .system(operation: "open it", code: ENOENT))
    var told: [String] = []
    _ = try Checkpoint.open(home.url) { told.append($0.folder) }
    #expect(told == ["step-00000003", "step-00000002"])
  }

  @Test("one that the system does not let be read is no reason to start anew")
  func unread() throws {
    let home = try TestFolder()
    let folder = CheckpointFolder(home.url)
    _ = try SmallCheckpoint.save(step: 1, in: folder)
    // Refused for root too, who may read what others may not.
    let path = home.path("step-00000001/model.safetensors")
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path)
    let refused = CheckpointError(path, .system(operation: "open it", code: ELOOP))
    #expect(throws: refused) { try folder.newest() }
    #expect(throws: refused) { try Checkpoint.open(home.url) }
    #expect(refused.kind == .files)
    _ = try SmallCheckpoint.save(step: 0, in: folder)
    #expect(try folder.newest().checkpoint?.state.step == 0)
  }

  @Test("a broken checkpoint goes when enough sound ones are there, not before")
  func brokenIsPruned() throws {
    let home = try TestFolder()
    let folder = CheckpointFolder(home.url)
    _ = try SmallCheckpoint.save(step: 1, in: folder)
    try home.write([0], to: "step-00000001/state.json")
    _ = try SmallCheckpoint.save(step: 2, in: folder, keep: 2)
    #expect(try home.names().contains("step-00000001"))
    _ = try SmallCheckpoint.save(step: 3, in: folder, keep: 2)
    #expect(try home.names() == ["latest", "step-00000002", "step-00000003"])
  }

  @Test("a folder renamed to another step is no checkpoint of the run")
  func renamedStep() throws {
    let home = try TestFolder()
    let folder = CheckpointFolder(home.url)
    _ = try SmallCheckpoint.save(step: 1, in: folder)
    try FileManager.default.moveItem(
      atPath: home.path("step-00000001"), toPath: home.path("step-00000009"))
    #expect(try folder.newest().checkpoint == nil)
    #expect(try folder.newest().leftOut.count == 1)
  }

  @Test("a path that is no checkpoint is a usage error")
  func noCheckpoint() throws {
    let home = try TestFolder()
    for path in [home.url, home.url.appendingPathComponent("absent")] {
      let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(path) }
      #expect(error?.reason == .notACheckpoint)
      #expect(error?.kind == .usage)
    }
    let absent = CheckpointFolder(home.url.appendingPathComponent("absent"))
    #expect(try absent.newest().checkpoint == nil)
  }

  @Test("a flip in any byte of any file is an error, and so is a cut")
  func flips() throws {
    let home = try TestFolder()
    _ = try SmallCheckpoint.save(step: 1, in: CheckpointFolder(home.url))
    for name in try home.names(in: "step-00000001") {
      let file = "step-00000001/\(name)"
      let sound = try home.bytes(file)
      for index in sound.indices {
        let masks = [1 << UInt8(index % 8), UInt8(0x20)].prefix(name == "state.json" ? 2 : 1)
        for mask in masks {
          var flipped = sound
          flipped[index] ^= mask
          try home.write(flipped, to: file)
          #expect(throws: CheckpointError.self, "\(name) byte \(index) mask \(mask)") {
            try Checkpoint.open(home.url.appendingPathComponent("step-00000001"))
          }
        }
        guard index % 8 == 0 else { continue }
        try home.write(Array(sound[..<index]), to: file)
        #expect(throws: CheckpointError.self, "\(name) cut at \(index)") {
          try Checkpoint.open(home.url.appendingPathComponent("step-00000001"))
        }
      }
      try home.write(sound, to: file)
    }
    #expect(try SmallCheckpoint.isIntact(Checkpoint.open(home.url)))
  }
}
