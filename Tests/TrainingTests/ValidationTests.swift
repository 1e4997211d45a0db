import Foundation
import TestSupport
import Testing

@Suite("Validation while training", .serialized)
struct ValidationTests {
  private struct Line: Decodable, Equatable {
    let step: Int
    let name: String
  }

  private static let sets = """
    validation:
      every: 2
      sets:
        - {records: records/photos, name: photos, task: loss}
        - {records: records/photos, name: found, task: retrieval}
        - {records: records/photos, name: told, task: caption, limit: 3}
    """

  private let world: TrainingWorld

  init() throws {
    world = try TrainingWorld()
    try world.configure(steps: 2, Self.sets)
  }

  @Test("asks every set, and makes up for just those that an interrupted run had not come to",
    arguments: Job.hasLauncher ? [nil, 2] : [nil])
  func makesUp(ranks: Int?) throws {
    let first = try world.train(ranks: ranks)
    #expect(first.code == 0, "\(first.all)")
    #expect(try scores() == [Line(step: 2, name: "photos"), Line(step: 2, name: "found")])
    #expect(try captions().map(\.name) == ["told", "told", "told"])

    let photos = try world.folder.text("out/validation.jsonl").split(separator: "\n")[0]
    try world.folder.write("\(photos)\n{\"step\": 2, \"na", to: "out/validation.jsonl")
    try world.folder.write("", to: "out/captions.jsonl")
    let second = try world.train(["--set", "steps=3"], ranks: ranks)
    #expect(second.code == 0, "\(second.all)")
    #expect(try world.folder.text("out/validation.jsonl").hasPrefix("\(photos)\n"))
    #expect(
      try scores() == [2, 3].flatMap { step in
        ["photos", "found"].map { Line(step: step, name: $0) }
      })
    #expect(try captions().map(\.step) == [2, 2, 2, 3, 3, 3])
  }

  @Test("obeys a request to stop at its next batch, with a checkpoint, and is made up for",
    arguments: Job.hasLauncher ? [nil, 2] : [nil])
  func stops(ranks: Int?) throws {
    let records = Array(repeating: "records/photos", count: 500).joined(separator: ", ")
    func told(_ records: String) -> String {
      "validation: {every: 2, sets: [{name: told, records: [\(records)], task: caption}]}"
    }
    try world.configure(steps: 4, told(records))
    let job = try world.start(ranks: ranks)
    job.wait(until: {
      ((try? world.folder.text("out/metrics.jsonl")) ?? "").split(separator: "\n").count == 2
    })
    try world.folder.write("", to: "out/stop")
    let stopped = job.wait()
    #expect(stopped.code == 75, "\(stopped.all)")
    let status = try RunResult.status(world.folder)
    #expect(status.state == "stopped" && status.step == 2, "\(status)")
    #expect(status.checkpoint == "step-00000002" && !world.folder.exists("out/stop"))
    #expect(try captions().isEmpty)
    for text in [
      "stopped by the file stop at step 2 of 4, after ", "out/checkpoints/step-00000002",
      "The same command continues (exit code 75)",
    ] { #expect(stopped.errorLines.last?.contains(text) == true, "\(text): \(stopped.all)") }

    try world.configure(steps: 4, told("records/photos"))
    let whole = try world.train(ranks: ranks)
    #expect(whole.code == 0, "\(whole.all)")
    #expect(Set(try captions().map(\.step)) == [2, 4])
    for text in [
      "done: step 4 of 4, after ", "step-00000004", "Next: coca-eval caption out --images",
    ] { #expect(whole.errorLines.last?.contains(text) == true, "\(text): \(whole.all)") }
  }

  @Test("a task that the model is not made for is refused before the first step")
  func needs() throws {
    let outcome = try world.train([
      "--set", "tokenizer=null", "--set", "model.text.vocabulary=300",
      "--set", "data=[{records: records/photos, text: tokens}]",
      "--set", "validation.sets=[{name: told, records: records/photos, task: caption}]",
    ])
    let text = "validation of told: has no tokenizer; task caption needs it. "
    #expect(outcome.code == 64 && outcome.errors.contains(text), "\(outcome.all)")
    #expect(!world.folder.exists("out/metrics.jsonl"))
  }

  private func scores() throws -> [Line] { try lines("validation.jsonl") }

  private func captions() throws -> [Line] { try lines("captions.jsonl") }

  private func lines(_ name: String) throws -> [Line] {
    try world.folder.text("out/\(name)").split(separator: "\n").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8))
    }
  }
}
