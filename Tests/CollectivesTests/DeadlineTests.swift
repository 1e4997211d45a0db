import Collectives
import Foundation
import Testing
import TestSupport

@Suite("Deadline")
struct DeadlineTests {
  @Test("a rank's file tells its step and phase, and the folder goes with the last rank")
  func file() throws {
    let run = try TestFolder()
    try run.write("left by a killed run, longer than a line is", to: "heartbeats/verdict")
    // Neither may call the other lost: that would end this process.
    let ranks = try (0..<2).map { rank in
      try Deadline(folder: run.url, rank: rank, size: 2, seconds: 60) { _ in }
    }
    for rank in 0..<2 {
      ranks[rank].beat(step: 70 + rank, phase: .optimizer)
      let written = wait(for: run.file("heartbeats/\(rank)"), step: 70 + rank)
      #expect(written?.phase == .optimizer && written?.host == Ranks.host)
    }
    #expect(!run.exists("heartbeats/verdict"))
    ranks[0].finish()
    #expect(run.exists("heartbeats"))
    ranks[1].finish()
    #expect(!run.exists("heartbeats"))
  }

  @Test("a folder that cannot be made is an error, not a watch without eyes")
  func unwritable() {
    let file = URL(fileURLWithPath: "/dev/null/run")
    #expect(throws: (any Error).self) {
      _ = try Deadline(folder: file, rank: 0, size: 1, seconds: 1) { _ in }
    }
  }

  private func wait(for file: URL, step: Int) -> Heartbeat? {
    for _ in 0..<6000 {
      let text = try? String(contentsOf: file, encoding: .utf8)
      if let beat = text.flatMap({ Heartbeat($0) }), beat.step == step { return beat }
      usleep(10_000)
    }
    return nil
  }
}
