import Foundation
import TestSupport
import Testing

/// `launch/supervise` with ranks that are lost; `launch/checks/supervise` does so at many moments.
@Suite("A supervised run", .serialized, .enabled(if: Job.hasLauncher))
struct SuperviseTests {
  private static let lines = "checkpoint: {every: 20}\ndeadline: 10"

  private func supervise(_ world: TrainingWorld, _ options: [String] = []) throws -> Job {
    try Job(
      script: "launch/supervise",
      ["-n", "2", "--mpirun", "--oversubscribe"] + options + ["run.yaml", "--output", "out"],
      in: world.url)
  }

  @Test("whose rank is killed or stopped says which, and ends with the unbroken run's bits",
    arguments: [(SIGKILL, 1), (SIGSTOP, 0)])
  func lost(signal: Int32, rank: Int) throws {
    let world = try TrainingWorld()
    try world.configure(steps: 120, Self.lines)
    let unbroken = try world.train(ranks: 2, output: "unbroken")
    try #require(unbroken.code == 0, "\(unbroken.all)")

    let outcome = try losing(rank, by: signal, in: world)
    #expect(outcome.code == 0, "\(outcome.all)")
    let told = outcome.errorLines.filter { $0.hasPrefix("launch/supervise: rank \(rank) on ") }
    #expect(told.count == 1, "\(outcome.all)")
    #expect(told.first?.contains("Restart 1 of 3") == true, "\(outcome.all)")
    let found = try RunResult(world.folder)
    let expected = try RunResult(world.folder, output: "unbroken")
    #expect(!found.checkpoint.isEmpty && found.checkpoint == expected.checkpoint)
    #expect(found.steps == expected.steps)
  }

  /// Sends `signal` to a rank after the first checkpoint; again where the run was over before.
  private func losing(
    _ rank: Int, by signal: Int32, in world: TrainingWorld
  ) throws -> Job.Outcome {
    for attempt in 1... {
      let job = try supervise(world)
      job.wait(until: { world.folder.exists("out/checkpoints/latest") })
      let ranks = job.children.flatMap(Job.children).filter { Job.name(of: $0) == "coca-train" }
      if ranks.count == 2 { kill(ranks[rank], signal) }
      let outcome = job.wait()
      if outcome.code != 0 || outcome.errors.contains("Restart") || attempt == 5 { return outcome }
      try FileManager.default.removeItem(at: world.folder.file("out"))
    }
    preconditionFailure("the last attempt returns")
  }

  @Test("that was called lost and wakes up does not speak for the run any more; the next one does")
  func calledLost() throws {
    let world = try TrainingWorld()
    try world.configure(steps: 200)
    let job = try world.start()
    job.wait(until: { world.folder.exists("out/metrics.jsonl") })
    try world.folder.write("", to: "out/heartbeats/verdict")
    #expect(job.wait().code == 0)
    #expect(try RunResult.status(world.folder).state == "running")
    let next = try world.train()
    #expect(next.code == 0, "\(next.all)")
    #expect(try RunResult.status(world.folder).state == "done")
  }

  @Test("with bad data ends with 65 and is not started again")
  func badData() throws {
    let world = try TrainingWorld()
    try world.configure()
    try world.folder.write("{\"version\": 1, \"shards\":", to: "records/icons/index.json")
    let outcome = try supervise(world).wait()
    #expect(outcome.code == 65, "\(outcome.all)")
    #expect(!outcome.errors.contains("Restart"), "\(outcome.all)")
  }

  @Test("that is asked to stop stops with a checkpoint and 75, and is not started again")
  func stopped() throws {
    let world = try TrainingWorld()
    try world.configure(steps: 10_000, Self.lines)
    let job = try supervise(world)
    // Even before the ranks could hear it.
    job.wait(until: { !job.children.isEmpty })
    job.signal(SIGUSR1)
    let outcome = job.wait()
    #expect(outcome.code == 75, "\(outcome.all)")
    #expect(try RunResult.status(world.folder).state == "stopped")
    // What mpirun says of a code is left out.
    #expect(outcome.errorLines.last?.contains("The same command continues") == true)
    #expect(!outcome.errors.contains("Primary job") && !outcome.errors.contains("-----"))
  }

  @Test("that never gets anywhere is given up, with the last reason")
  func givesUp() throws {
    let world = try TrainingWorld()
    try world.configure()
    let outcome = try supervise(world, ["--restarts", "1", "--mpirun", "--no-such-option"]).wait()
    #expect(outcome.code == 69, "\(outcome.all)")
    #expect(outcome.errors.contains("Restart 1 of 1"), "\(outcome.all)")
    #expect(outcome.errors.contains("Gave up after 1 restarts"), "\(outcome.all)")
  }
}
