import Checkpoints
import Foundation
import Testing
import TestSupport

@Suite("A checkpoint survives failures while the next is written")
struct FailureTests {
  /// Saves `step` with the n-th call failing, n = 1, 2, … until it succeeds, and hands the folder
  /// to `check` after each attempt. Every attempt starts with steps 1 and 2 there.
  private func failEachCall(
    saving step: Int, lasting: Bool, keep: Int?,
    check: (CheckpointFolder, TestFolder, Bool) throws -> Void
  ) throws -> Int {
    for call in 1...1000 {
      let home = try TestFolder()
      let sound = CheckpointFolder(home.url, files: FailingFileSystem())
      _ = try SmallCheckpoint.save(step: 1, in: sound)
      _ = try SmallCheckpoint.save(step: 2, in: sound)
      let failing = FailingFileSystem(failAt: call, lasting: lasting)
      var isSaved = true
      do {
        let saved = try SmallCheckpoint.save(
          step: step, in: CheckpointFolder(home.url, files: failing), keep: keep)
        isSaved = saved.warnings.isEmpty
      } catch {
        isSaved = false
        #expect(error.kind == .files)
      }
      try check(sound, home, isSaved)
      if failing.callCount < call { return call }
    }
    return 1000
  }

  @Test("some complete checkpoint is found after every failure, and it is intact",
    arguments: [2, 3], [false, true])
  func alwaysLoadable(step: Int, lasting: Bool) throws {
    let calls = try failEachCall(saving: step, lasting: lasting, keep: 1) { folder, _, isSaved in
      let newest = try folder.newest()
      let checkpoint = try #require(newest.checkpoint)
      #expect(newest.leftOut.isEmpty)
      #expect(checkpoint.state.step >= 2)
      #expect(try SmallCheckpoint.isIntact(checkpoint))
      if isSaved { #expect(checkpoint.state.serial == 3) }
    }
    #expect(calls > 30)
    #expect(calls < 1000)
  }

  @Test("every folder under a final name is whole after every failure", arguments: [false, true])
  func finalNamesAreWhole(lasting: Bool) throws {
    _ = try failEachCall(saving: 3, lasting: lasting, keep: 2) { folder, home, _ in
      for name in try home.names() where name.hasPrefix("step-") && !name.hasSuffix(".tmp") {
        let step = try Checkpoint.open(folder.url.appendingPathComponent(name))
        #expect(try SmallCheckpoint.isIntact(step))
      }
      let latest = try Checkpoint.open(folder.url.appendingPathComponent("latest"))
      #expect(try SmallCheckpoint.isIntact(latest))
    }
  }

  @Test("a failed save takes its temporary folder away")
  func temporaryFolderIsRemoved() throws {
    _ = try failEachCall(saving: 3, lasting: false, keep: nil) { _, home, isSaved in
      let left = try home.names().filter { $0.hasPrefix("step-") && $0.hasSuffix(".tmp") }
      #expect(left.isEmpty || isSaved)
    }
  }

  @Test("the next save removes what a killed writer left")
  func leftoversAreRemoved() throws {
    _ = try failEachCall(saving: 3, lasting: true, keep: 2) { folder, home, _ in
      _ = try SmallCheckpoint.save(step: 4, in: folder, keep: 2)
      let names = try home.names()
      #expect(names.count == 3 && names.first == "latest" && names.last == "step-00000004")
      #expect(!names.contains { $0.hasSuffix(".tmp") || $0.hasSuffix(".old") })
    }
  }

  @Test("a full disk names the file and says what to do")
  func errorText() throws {
    let home = try TestFolder()
    let failing = FailingFileSystem(failAt: 6, lasting: true)
    let error = #expect(throws: CheckpointError.self) {
      try SmallCheckpoint.save(step: 1, in: CheckpointFolder(home.url, files: failing))
    }
    #expect(error?.description.contains(home.url.path) == true)
    #expect(error?.description.hasSuffix("Free space, or write elsewhere") == true)
  }
}
