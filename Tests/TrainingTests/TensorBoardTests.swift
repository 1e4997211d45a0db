import Foundation
import TestSupport
import Testing

@Suite("TensorBoard's files", .serialized)
struct TensorBoardTests {
  private static let lines = """
    checkpoint: {every: 2}
    validation:
      every: 3
      sets:
        - {records: records/photos, name: photos, task: loss}
        - {records: records/photos, name: told, task: caption, limit: 2}
    """

  private let world: TrainingWorld

  init() throws { world = try TrainingWorld() }

  private func files() throws -> [EventReader] {
    try EventReader.all(in: world.folder.file("out"))
  }

  @Test("hold every step of metrics.jsonl, scores and captions, written by rank 0 alone",
    arguments: Job.hasLauncher ? [nil, 2] : [nil])
  func content(ranks: Int?) throws {
    try world.configure(steps: 4, Self.lines)
    let outcome = try world.train(["--set", "log.histograms=2"], ranks: ranks)
    #expect(outcome.code == 0, "\(outcome.all)")
    let files = try files()
    try #require(files.count == 1)
    let steps = files[0].events.filter { $0.scalars["train/loss"] != nil }
    let metrics = try RunResult(world.folder).steps
    #expect(steps.map(\.step) == [1, 2, 3, 4] && metrics.map(\.step) == [1, 2, 3, 4])
    for (event, line) in zip(steps, metrics) {
      #expect(event.scalars["train/loss"] == line.loss.map { Float($0) })
      #expect(event.scalars["train/contrastive_loss"] == line.contrastive.map { Float($0) })
      #expect(event.scalars["train/caption_loss"] == line.caption.map { Float($0) })
      #expect(event.scalars["train/grad_norm"] == line.grad_norm.map { Float($0) })
      #expect(event.scalars["train/scale"] == line.logit_scale.map { Float($0) })
      #expect(event.scalars["train/logit_scale"] == line.logit_scale.map { Float($0) })
      #expect(event.scalars["train/lr"] == Float(line.lr))
      let histograms = event.others.filter { $0.hasPrefix("gradients/") }
      #expect(histograms.contains("gradients/unimodal.layers.0") == (line.step % 2 == 0))
    }
    let others = files[0].events.filter { $0.scalars["train/loss"] == nil }
    #expect(
      others.filter { $0.scalars["val/photos/contrastive"] != nil }.map(\.step) == [3, 4])
    #expect(others.filter { $0.others.contains("val/told/captions") }.map(\.step) == [3, 4])
    #expect(others.flatMap(\.others).count { $0.hasPrefix("val/told/photos-") } == 2)
  }

  @Test("of a run that goes on begin a session after the step of its checkpoint")
  func resumed() throws {
    try world.configure(steps: 5, "checkpoint: {every: 2, keep: null}")
    #expect(try world.train().code == 0)
    for name in ["latest", "step-00000004", "step-00000005"] {
      try FileManager.default.removeItem(at: world.folder.file("out/checkpoints/\(name)"))
    }
    let again = try world.train()
    #expect(again.code == 0, "\(again.all)")
    let files = try files()
    #expect(files.map { $0.events.filter(\.isSessionStart).map(\.step) } == [[1], [3]])
    #expect(files.map { $0.events.compactMap { $0.scalars["train/loss"] }.count } == [5, 3])
    #expect(files[1].events.filter { !$0.scalars.isEmpty }.map(\.step) == [3, 4, 5])
    #expect(try RunResult(world.folder).steps.map(\.step) == [1, 2, 3, 4, 5])
  }

  @Test("are left out where the run file says so")
  func none() throws {
    try world.configure(steps: 1)
    let outcome = try world.train(["--set", "log.tensorboard=false"])
    #expect(outcome.code == 0, "\(outcome.all)")
    #expect(try files().isEmpty)
  }

  @Test("that cannot be written end the run with 74 and one line")
  func unwritable() throws {
    try world.configure(steps: 10)
    // A file of more than 16 KiB fails as it would on a full disk, but with EFBIG.
    let outcome = try world.train(
      ["--set", "log.histograms=1"], after: "ulimit -f 32")
    #expect(outcome.code == 74, "\(outcome.all)")
    #expect(outcome.errorLines.count == 1, "\(outcome.all)")
    #expect(outcome.errors.contains("/out/events.out.tfevents."), "\(outcome.all)")
  }
}
