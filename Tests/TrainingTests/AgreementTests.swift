import Collectives
import Foundation
import TestSupport
import Testing
import Text

/// Ranks that do not see the same files must not begin.
@Suite("Ranks refuse", .serialized, .enabled(if: Job.hasLauncher))
struct AgreementTests {
  /// Rank 1 runs in `other`, a copy of the world, and sees it where rank 0 sees the world itself.
  private func train(
    _ world: TrainingWorld, _ lines: String = "", _ change: (URL) throws -> Void
  ) throws -> Job.Outcome {
    let here = "/proc/self/cwd"
    let text = TrainingWorld.runFile(steps: 3)
      .replacingOccurrences(of: "records: records", with: "records: \(here)/records")
      .replacingOccurrences(of: "tokenizer: ", with: "tokenizer: \(here)/") + lines
    try world.folder.write(text, to: "run.yaml")
    let other = world.folder.file("other")
    try FileManager.default.createDirectory(at: other, withIntermediateDirectories: true)
    for name in ["records", "tokenizer.model", "run.yaml"] {
      try FileManager.default.copyItem(
        at: world.folder.file(name), to: other.appendingPathComponent(name))
    }
    try change(other)
    return try world.train(
      ranks: 2, output: world.folder.file("out").path,
      after: "if [ $OMPI_COMM_WORLD_RANK = 1 ]; then cd other; fi")
  }

  @Test("nothing where all is the same in another place")
  func same() throws {
    let outcome = try train(TrainingWorld()) { _ in }
    #expect(outcome.code == 0, "\(outcome.all)")
  }

  @Test("other data, naming the source")
  func data() throws {
    let outcome = try train(TrainingWorld()) { other in
      try FileManager.default.removeItem(at: other.appendingPathComponent("records/icons"))
      try FileManager.default.copyItem(
        at: other.appendingPathComponent("records/photos"),
        to: other.appendingPathComponent("records/icons"))
    }
    #expect(outcome.code == 65, "\(outcome.all)")
    #expect(outcome.errors.contains("rank 1 on \(Ranks.host), 1 of 2 failing: "), "\(outcome.all)")
    #expect(outcome.errors.contains("records/icons on "), "\(outcome.all)")
  }

  @Test("another run file or tokenizer", arguments: ["run.yaml", "tokenizer.model"])
  func file(name: String) throws {
    let outcome = try train(TrainingWorld()) { other in
      if name == "run.yaml" {
        let file = other.appendingPathComponent(name)
        let text = try String(contentsOf: file, encoding: .utf8) + "optimizer: {lr: 1.0e-4}\n"
        try Data(text.utf8).write(to: file)
      } else {
        var names = ["a red square", "a blue square"].makeIterator()
        let other = other.appendingPathComponent(name)
        try TokenizerTraining(vocabulary: 290).train { names.next() }.tokenizer.model
          .write(to: other)
      }
    }
    #expect(outcome.code == 64, "\(outcome.all)")
    let what = name == "run.yaml" ? "the run file on " : "the tokenizer on "
    #expect(outcome.errors.contains(what), "\(outcome.all)")
  }

  @Test("other classes to validate with")
  func classes() throws {
    let world = try TrainingWorld()
    try world.folder.write("red\nblue\n", to: "records/classes.txt")
    let outcome = try train(
      world,
      "validation: {sets: [{records: /proc/self/cwd/records/photos, task: zero-shot, "
        + "classes: /proc/self/cwd/records/classes.txt}]}\n"
    ) { other in
      try Data("red\nblue\ngreen\n".utf8).write(
        to: other.appendingPathComponent("records/classes.txt"))
    }
    #expect(outcome.code == 65, "\(outcome.all)")
    #expect(outcome.errors.contains("validation "), "\(outcome.all)")
  }

  @Test("a run file that is to be reproducible on one rank only")
  func reproducible() throws {
    let outcome = try train(TrainingWorld()) { other in
      let file = other.appendingPathComponent("run.yaml")
      let text = try String(contentsOf: file, encoding: .utf8) + "reproducible: true\nlanes: 4\n"
      try Data(text.utf8).write(to: file)
    }
    #expect(outcome.code == 64, "\(outcome.all)")
    #expect(outcome.errors.contains("the run file on "), "\(outcome.all)")
  }

  @Test("an output folder that only rank 0 has")
  func folder() throws {
    let world = try TrainingWorld()
    try world.configure(steps: 3)
    let outcome = try Job.run(
      "coca-train",
      [world.folder.file("run.yaml").path, "--output", "/proc/self/cwd/out"], ranks: 2,
      in: world.url,
      after: "if [ $OMPI_COMM_WORLD_RANK = 1 ]; then mkdir other; cd other; fi")
    #expect(outcome.code == 64, "\(outcome.all)")
    #expect(outcome.errors.contains("is not the folder that rank 0 writes into"), "\(outcome.all)")
  }
}
