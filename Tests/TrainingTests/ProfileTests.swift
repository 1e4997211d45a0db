import Foundation
import TestSupport
import Testing

@Suite("--profile", .serialized, .enabled(if: Job.hasLauncher))
struct ProfileTests {
  private struct File: Decodable {
    let traceEvents: [Event]
  }

  private struct Event: Decodable {
    let ph: String
    let name: String
    let cat: String?
    let pid: Int
    let tid: Int
    let ts: Double?
    let dur: Double?
    let args: Arguments
    var end: Double { (ts ?? 0) + (dur ?? 0) }
  }

  private struct Arguments: Decodable {
    let flops: Int?
    let bytes: Int?
  }

  @Test("writes three steps of all ranks as one trace and changes no loss", arguments: [nil, 2])
  func trace(ranks: Int?) throws {
    let world = try TrainingWorld()
    try world.configure()
    #expect(try world.train(ranks: ranks, output: "plain").code == 0)
    let outcome = try world.train(
      ["--profile", "trace.json", "--threads", "2"], ranks: ranks)
    #expect(outcome.code == 0, "\(outcome.all)")
    #expect(
      try RunResult(world.folder).difference(from: RunResult(world.folder, output: "plain")) < 1e-4)
    let events = try JSONDecoder().decode(File.self, from: world.folder.data("trace.json"))
      .traceEvents
    #expect(Set(events.map(\.pid)) == Set(0..<(ranks ?? 1)))
    for rank in 0..<(ranks ?? 1) { expectSteps(events.filter { $0.pid == rank }) }
  }

  private func expectSteps(_ events: [Event]) {
    let own = events.filter { $0.ph == "X" && $0.tid == 0 }
    let operations = own.filter { $0.cat == "operation" }
    let once = [
      "data wait", "gradients to zero", "patches", "text embedding", "vocabulary cross-entropy",
      "vocabulary cross-entropy, backward", "text embedding, backward", "wait for gradients",
      "gradient norm", "adafactor",
    ]
    for name in once { #expect(operations.count { $0.name == name } == 3, "\(name)") }
    for name in ["linear", "layer norm", "GELU", "contrastive loss"] {
      let forward = operations.count { $0.name == name }
      #expect(forward >= 3 && operations.count { $0.name == name + ", backward" } == forward)
    }
    func flops(_ name: String) -> Int {
      operations.filter { $0.name == name }.reduce(0) { $0 + ($1.args.flops ?? 0) }
    }
    #expect(flops("vocabulary cross-entropy") > 0)
    #expect(flops("vocabulary cross-entropy, backward") == 3 * flops("vocabulary cross-entropy"))
    #expect(operations.allSatisfy { $0.args.bytes != nil && ($0.ts ?? -1) >= 0 })
    let ordered = operations.sorted { ($0.ts ?? 0) < ($1.ts ?? 0) }
    #expect(zip(ordered, ordered.dropFirst()).allSatisfy { first, second in
      // One after the other, or made again within the other.
      first.end <= (second.ts ?? 0) + 0.01
        || (second.name.hasSuffix(", again") && second.end <= first.end + 0.01)
    })
    #expect(operations.contains { $0.name == "layer norm, again" })
  }

  @Test("shows gradients between ranks on a lane of their own, from the backward pass on", arguments:
    ["buckets", "thread"])
  func travel(overlap: String) throws {
    let world = try TrainingWorld()
    try world.configure("overlap: \(overlap)")
    // Enough weights for several buckets.
    let wide = ["--set", "model.text.vocabulary=20000", "--profile", "trace.json"]
    let outcome = try world.train(wide, ranks: 2)
    #expect(outcome.code == 0, "\(outcome.all)")
    let events = try JSONDecoder().decode(File.self, from: world.folder.data("trace.json"))
      .traceEvents
    for rank in 0..<2 {
      let own = events.filter { $0.pid == rank && $0.ph == "X" }
      let buckets = own.filter { $0.tid == 1000 }
      let waits = own.filter { $0.name == "wait for gradients" }
      #expect(buckets.count >= 6 && buckets.count % 3 == 0 && waits.count == 3)
      #expect(buckets.allSatisfy { ($0.args.bytes ?? 0) > 0 })
      guard overlap == "buckets" else { continue }
      let backward = own.filter { $0.cat == "phase" && $0.name == "backward" }
      #expect(
        buckets.contains { bucket in
          backward.contains { ($0.ts ?? 0) <= (bucket.ts ?? 0) && bucket.end <= $0.end }
        })
    }
  }

  @Test("says that a file has no folder before anything is written")
  func unwritable() throws {
    let world = try TrainingWorld()
    try world.configure()
    let outcome = try world.train(["--profile", "nowhere/trace.json"])
    #expect(outcome.code == 74, "\(outcome.all)")
    #expect(outcome.errorLines.count == 1, "\(outcome.all)")
    #expect(outcome.errors.contains("nowhere/trace.json: cannot be written"), "\(outcome.all)")
    #expect(outcome.errors.contains("or give another with --profile"), "\(outcome.all)")
    #expect(!world.folder.exists("out"))
  }

  @Test("of a run that ends before the fifth step holds what there was")
  func short() throws {
    let world = try TrainingWorld()
    try world.configure(steps: 4)
    #expect(try world.train(["--profile", "trace.json"]).code == 0)
    let events = try JSONDecoder().decode(File.self, from: world.folder.data("trace.json"))
      .traceEvents
    #expect(events.count { $0.name == "wait for gradients" } == 2)
  }
}
