import Foundation
import TestSupport
import Testing

@Suite("Bad input", .serialized, .enabled(if: Job.hasLauncher))
struct BadInputTests {
  @Test("ends with its code and one line that names place and remedy, and leaves nothing",
    arguments: Fault.all)
  func fault(_ fault: Fault) throws {
    let world = try TrainingWorld()
    try fault.prepare(world)
    for ranks in fault.isTriedOnRanks ? [nil, 2] : [nil] {
      let outcome = try world.train(fault.arguments, ranks: ranks)
      #expect(outcome.code == fault.code, "\(outcome.all)")
      expectOneLine(outcome, fault.texts)
      #expect(outcome.output.isEmpty != fault.printsHeader, "\(outcome.all)")
      #expect(!world.folder.exists("out"))
    }
  }

  @Test("a command line that is wrong ends with 64 and says so once", arguments: [
    (["--thread", "1"], "--thread"), (["--threads", "0"], "--threads: 0"),
    (["--time-limit", "5m"], "--time-limit: 5m is not HH:MM:SS"),
    (["--output", ""], "--output is empty"), (["more"], "more"),
  ])
  func usage(arguments: [String], text: String) throws {
    let world = try TrainingWorld()
    try world.configure()
    // All take the same way on several ranks; one is enough.
    for ranks in arguments == ["more"] ? [nil, 2] : [nil] {
      let outcome = try world.train(arguments, ranks: ranks)
      #expect(outcome.code == 64, "\(outcome.all)")
      #expect(outcome.errors.contains(text), "\(outcome.all)")
      #expect(outcome.errors.components(separatedBy: "Usage:").count == 2, "\(outcome.all)")
      #expect(!world.folder.exists("out"))
    }
  }

  @Test("a run file that the machine fails to read ends with 74")
  func unreadRunFile() throws {
    let folder = try TestFolder()
    // Its first page is never mapped: reading it gives EIO.
    let outcome = try Job.run("coca-train", ["/proc/self/mem", "--output", "out"], in: folder.url)
    #expect(outcome.code == 74, "\(outcome.all)")
    #expect(outcome.errors.contains("the machine fails to read it"), "\(outcome.all)")
  }

  @Test("more ranks than lanes are refused by all, told once")
  func lanes() throws {
    let world = try TrainingWorld()
    try world.configure("lanes: 2")
    let outcome = try world.train(ranks: 3)
    #expect(outcome.code == 64, "\(outcome.all)")
    expectOneLine(outcome, ["lanes: 3 ranks but only 2 lanes", "Start fewer ranks"])
    #expect(!world.folder.exists("out"))
    #expect(try world.train(ranks: 2).code == 0)
  }

  @Test("a checkpoint of another model is refused as a start, naming a tensor", arguments: [nil, 2])
  func otherModel(ranks: Int?) throws {
    let world = try TrainingWorld()
    try world.configure(steps: 1)
    #expect(try world.train(output: "first").code == 0)
    try world.configure("init: first", replacing: "layers: 1", by: "layers: 2")
    let outcome = try world.train(ranks: ranks)
    #expect(outcome.code == 65, "\(outcome.all)")
    expectOneLine(outcome, ["first/checkpoints/step-00000001", "layers.1."])
    #expect(!world.folder.exists("out/checkpoints"))
  }

  @Test("a checkpoint is a start of other runs: its weights, not its steps")
  func initial() throws {
    let world = try TrainingWorld()
    try world.configure()
    #expect(try world.train(output: "first").code == 0)
    try world.configure("init: first")
    let outcome = try world.train()
    #expect(outcome.code == 0, "\(outcome.all)")
    let first = try RunResult(world.folder, output: "first"), second = try RunResult(world.folder)
    #expect(second.steps.count == 20)
    let (begin, go) = (first.steps[0].loss ?? .nan, second.steps[0].loss ?? .nan)
    #expect(go < 0.97 * begin, "\(begin), then \(go)")
  }

  @Test("a second run in the same folder is refused and leaves the first one's state alone")
  func occupied() throws {
    let world = try TrainingWorld()
    try world.configure()
    #expect(try world.train(["--time-limit", "00:00:00"]).code == 75)
    let before = try world.folder.data("out/status.json")
    let lock = open(world.folder.url.appendingPathComponent("out/lock").path, O_RDWR | O_CLOEXEC)
    #expect(flock(lock, LOCK_EX | LOCK_NB) == 0)
    let outcome = try world.train()
    #expect(outcome.code == 74, "\(outcome.all)")
    expectOneLine(outcome, ["another run writes into it", "--output"])
    #expect(try world.folder.data("out/status.json") == before)
    close(lock)
    #expect(try world.train().code == 0)
  }

  @Test("a changed key on resume is refused with both values, unless --set names it")
  func changed() throws {
    let world = try TrainingWorld()
    try world.configure()
    #expect(try world.train(["--time-limit", "00:00:00"]).code == 75)
    try world.configure("seed: 5\nmicrobatch: 6")
    for ranks in [nil, 2] {
      let outcome = try world.train(ranks: ranks)
      #expect(outcome.code == 64, "\(outcome.all)")
      expectOneLine(outcome, ["seed: 0 in the checkpoint, 5 now", "name the keys with --set"])
      #expect(!outcome.errors.contains("microbatch"))
    }
    let outcome = try world.train(["--set", "seed=5"])
    #expect(outcome.code == 0, "\(outcome.all)")
  }

  @Test("--resume never is refused where checkpoints are, and they stay")
  func never() throws {
    let world = try TrainingWorld()
    try world.configure(steps: 2)
    #expect(try world.train(["--resume", "never"]).code == 0)
    let before = try RunResult(world.folder)
    let outcome = try world.train(["--resume", "never"])
    #expect(outcome.code == 64, "\(outcome.all)")
    expectOneLine(outcome, ["--resume never", "out/checkpoints holds checkpoints", "--output"])
    let after = try RunResult(world.folder)
    #expect(after.steps == before.steps && after.checkpoint == before.checkpoint)
  }

  @Test("a run that diverges ends with 76 and names the step, or goes on where told", arguments: [
    nil, 2,
  ])
  func diverges(ranks: Int?) throws {
    let world = try TrainingWorld()
    try world.configure("optimizer: {name: adamw, lr: 1.0e+30}")
    let outcome = try world.train(ranks: ranks)
    #expect(outcome.code == 76, "\(outcome.all)")
    expectOneLine(
      outcome, [
        "step 2: ", "is not finite, from rank 0 (first in imageEncoder.", ", with every pair: ",
        "records/photos/photos-", ", …)", "Lower optimizer.lr or lengthen schedule.warmup",
      ])
    #expect(!outcome.errors.contains("optimizer.clip"))
    let status = try RunResult.status(world.folder)
    #expect(status.state == "failed" && status.code == 76)

    let skipped = try world.train(["--set", "nonfinite=skip"], ranks: ranks, output: "skipped")
    #expect(skipped.code == 0, "\(skipped.all)")
    #expect(skipped.errors.contains("the step is skipped"), "\(skipped.all)")
    #expect(skipped.output.contains("loss not finite") && !skipped.output.contains("nan"))
    let steps = try RunResult(world.folder, output: "skipped").steps
    #expect(steps.count == 20 && steps[0].loss != nil && steps[1].loss == nil)

    let hopeless = try world.train(
      ["--set", "nonfinite=skip", "--set", "steps=200"], ranks: ranks, output: "hopeless")
    #expect(hopeless.code == 76, "\(hopeless.all)")
    #expect(hopeless.errorLines.last?.contains("so were the 99 steps before it") == true)
  }

  private func expectOneLine(
    _ outcome: Job.Outcome, _ texts: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let lines = outcome.errorLines
    #expect(
      lines.count == 1 && texts.allSatisfy { lines[0].contains($0) }, "\(texts): \(outcome.all)",
      sourceLocation: sourceLocation)
  }
}
