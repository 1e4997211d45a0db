import Foundation
import TestSupport
import Testing

/// A run that was interrupted and run again must end with the bits of one that was not.
@Suite("An interrupted run", .serialized, .enabled(if: Job.hasLauncher))
struct ResumeTests {
  enum Means: CaseIterable { case signal, file, timeLimit }

  private static let lines = "checkpoint: {every: 20}"
  private static let steps = 80
  private static let alone = Result { try unbroken(ranks: nil) }
  private static let pair = Result { try unbroken(ranks: 2) }

  private static func unbroken(ranks: Int?) throws -> RunResult {
    let world = try TrainingWorld()
    try world.configure(steps: steps, lines)
    let outcome = try world.train(ranks: ranks)
    try #require(outcome.code == 0, "\(outcome.all)")
    return try RunResult(world.folder)
  }

  private func expectUnbroken(_ world: TrainingWorld, ranks: Int?) throws {
    let outcome = try world.train(ranks: ranks)
    #expect(outcome.code == 0, "\(outcome.all)")
    let found = try RunResult(world.folder)
    let expected = try (ranks == nil ? Self.alone : Self.pair).get()
    #expect(found.steps == expected.steps)
    #expect(found.keys == expected.keys)
    #expect(!expected.checkpoint.isEmpty && found.checkpoint == expected.checkpoint)
    #expect(found.status.state == "done" && found.status.code == 0)
    #expect(found.status.step == Self.steps)
    let left = try FileManager.default.contentsOfDirectory(
      atPath: world.folder.file("out/checkpoints").path)
    #expect(left.allSatisfy { $0 == "latest" || $0.hasPrefix("step-") }, "\(left)")
  }

  @Test("stopped on request leaves 75 and a checkpoint, and goes on bit for bit", arguments:
    Means.allCases, [nil, 2])
  func stopped(by means: Means, ranks: Int?) throws {
    let world = try TrainingWorld()
    try world.configure(steps: Self.steps, Self.lines)
    let outcome = try stop(world, by: means, ranks: ranks)
    #expect(outcome.code == 75, "\(outcome.all)")
    let status = try RunResult.status(world.folder)
    #expect(status.state == "stopped" && status.code == 75)
    #expect(status.reason == reason(means))
    #expect((1..<Self.steps).contains(status.step))
    #expect(status.checkpoint.map { world.folder.exists("out/checkpoints/\($0)") } == true)
    #expect(!world.folder.exists("out/stop"))
    try expectUnbroken(world, ranks: ranks)
  }

  @Test("killed without warning goes on from its last checkpoint bit for bit", arguments: [nil, 2])
  func killed(ranks: Int?) throws {
    let world = try TrainingWorld()
    try world.configure(steps: Self.steps, Self.lines)
    let outcome = try interrupt(world, ranks: ranks, when: "out/checkpoints/latest") { job in
      if ranks == nil { return job.signal(SIGKILL) }
      if let rank = job.children.last { kill(rank, SIGKILL) }
    }
    #expect(outcome.code != 0 && !outcome.isTimedOut, "\(outcome.all)")
    #expect(try RunResult.status(world.folder).state == "running")
    try expectUnbroken(world, ranks: ranks)
  }

  @Test("with a sharded optimizer goes on bit for bit too, and as if it had not been sharded")
  func sharded() throws {
    let world = try TrainingWorld()
    try world.configure(steps: Self.steps, Self.lines + "\nshard_optimizer: true")
    let outcome = try stop(world, by: .file, ranks: 2)
    #expect(outcome.code == 75, "\(outcome.all)")
    try expectUnbroken(world, ranks: 2)
  }

  @Test("continued on other ranks ends with the same numbers but for rounding", arguments: [
    "", "shard_optimizer: true",
  ])
  func otherRanks(line: String) throws {
    let world = try TrainingWorld()
    try world.configure(line)
    #expect(try world.train(output: "unbroken").code == 0)
    let first = try stop(world, by: .timeLimit, ranks: nil)
    #expect(first.code == 75, "\(first.all)")
    let second = try world.train(["--set", "shard_optimizer=true"], ranks: 3)
    #expect(second.code == 0, "\(second.all)")
    let found = try RunResult(world.folder)
    let expected = try RunResult(world.folder, output: "unbroken")
    #expect(found.keys == expected.keys)
    #expect(found.difference(from: expected) < 1e-4)
  }

  @Test("that was finished says so, ends with 0 and changes nothing")
  func finished() throws {
    let world = try TrainingWorld()
    try world.configure(steps: 3)
    #expect(try world.train().code == 0)
    let before = try contents(world)
    let again = try world.train()
    #expect(again.code == 0, "\(again.all)")
    #expect(again.errors.contains("the run has all its 3 steps: nothing is left to do"))
    #expect(try contents(world) == before)
  }

  @Test("is refused where it shall have fewer steps than it has made, and keeps its status")
  func fewerSteps() throws {
    let world = try TrainingWorld()
    try world.configure(steps: Self.steps, Self.lines)
    #expect(try stop(world, by: .timeLimit, ranks: nil).code == 75)
    let before = try RunResult.status(world.folder)
    try #require(before.step > 1)
    let outcome = try world.train(["--set", "steps=1"])
    #expect(outcome.code == 64, "\(outcome.all)")
    #expect(outcome.errors.contains("of the run's 1"), "\(outcome.all)")
    #expect(outcome.errors.contains("Raise steps"), "\(outcome.all)")
    let after = try RunResult.status(world.folder)
    #expect(after.step == before.step && after.checkpoint == before.checkpoint)
  }

  @Test("ignores a file stop that was there before it started")
  func staleStop() throws {
    let world = try TrainingWorld()
    try world.configure(steps: 3)
    try FileManager.default.createDirectory(
      at: world.folder.file("out"), withIntermediateDirectories: true)
    try world.folder.write("", to: "out/stop")
    usleep(50_000)
    let outcome = try world.train()
    #expect(outcome.code == 0, "\(outcome.all)")
    #expect(try RunResult(world.folder).steps.count == 3)
  }

  private func contents(_ world: TrainingWorld) throws -> [String: Data] {
    let names = try world.folder.files(below: "out").filter { !$0.hasPrefix("heartbeats") }
    return Dictionary(
      uniqueKeysWithValues: names.map { ($0, (try? world.folder.data("out/\($0)")) ?? Data()) })
  }

  private func reason(_ means: Means) -> String {
    switch means {
    case .signal: "SIGUSR1"
    case .file: "the file stop"
    case .timeLimit: "the time limit"
    }
  }

  private func stop(
    _ world: TrainingWorld, by means: Means, ranks: Int?
  ) throws -> Job.Outcome {
    switch means {
    case .timeLimit:
      let first = try world.train(["--time-limit", "00:00:00"], ranks: ranks)
      return first.code == 75
        ? try world.train(["--time-limit", "00:00:00"], ranks: ranks) : first
    case .signal:
      return try interrupt(world, ranks: ranks, when: "out/metrics.jsonl") { $0.signal(SIGUSR1) }
    case .file:
      return try interrupt(world, ranks: ranks, when: "out/metrics.jsonl") { _ in
        _ = try? world.folder.write("", to: "out/stop")
      }
    }
  }

  /// Acts on a run once `file` is there; tries again where the run was over before.
  private func interrupt(
    _ world: TrainingWorld, ranks: Int?, when file: String, _ act: (Job) -> Void
  ) throws -> Job.Outcome {
    for _ in 0..<5 {
      try? FileManager.default.removeItem(at: world.folder.file("out"))
      let job = try world.start(ranks: ranks)
      job.wait(until: { world.folder.exists(file) })
      act(job)
      let outcome = job.wait()
      if outcome.code != 0 { return outcome }
    }
    return try world.train(ranks: ranks)
  }
}
