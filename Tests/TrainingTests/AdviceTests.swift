import TestSupport
import Testing

@Suite("What a run file hardly means", .serialized)
struct AdviceTests {
  /// The warnings of a dry run.
  private func warnings(_ arguments: [String], in world: TrainingWorld) throws -> [String] {
    try world.configure()
    let outcome = try world.train(arguments + ["--dry-run"])
    #expect(outcome.code == 0, "\(outcome.all)")
    return outcome.errorLines
  }

  @Test("a run that is meant gets no warning")
  func silent() throws {
    #expect(try warnings([], in: TrainingWorld()).isEmpty)
  }

  @Test("is warned of once, with what it leads to and what to do", arguments: [
    ("batch=36", [
      "batch: a step takes 24 pairs of records/photos, which has 14 samples",
      "wrong answers in the contrastive loss",
    ]),
    ("model.text.context=12", [
      "model.text.context: 12 ids are too few for 100% of the texts of records/photos", "Raise it",
    ]),
    ("model.text.vocabulary=900", [
      "model.text.vocabulary: 900 rows for a tokenizer of 292 pieces: 38.9 k parameters",
      "vocabulary: null",
    ]),
    ("objective=caption", ["objective: only captions are trained, from scratch", "with init"]),
    ("loss.contrastive=0", [
      "objective: only captions are trained, from scratch", "objective: coca",
    ]),
    ("schedule.warmup=30", ["schedule.warmup: the run's 20 steps end before the 30"]),
  ])
  func warned(change: String, texts: [String]) throws {
    let lines = try warnings(["--set", change], in: TrainingWorld())
    let found = lines.filter { $0.contains(texts[0]) }
    #expect(found.count == 1 && texts.allSatisfy { found[0].contains($0) }, "\(lines)")
  }

  @Test("the header says how many texts of each source are cut")
  func cut() throws {
    let world = try TrainingWorld()
    try world.configure()
    let output = try world.train(["--dry-run", "--set", "model.text.context=20"]).output
    #expect(output.contains("tokens a text   cut  epochs"), "\(output)")
    #expect(output.contains("100%     8.0"), "\(output)")
  }

  @Test("another tokenizer than that of init is warned of, or refused by name where it cannot fit")
  func tokenizer() throws {
    let world = try TrainingWorld()
    try world.configure(steps: 1)
    #expect(try world.train(output: "first").code == 0)
    // The same pieces: an unknown field at the end of the message.
    try world.damage("tokenizer.model") { $0 += [0xf8, 0x3f, 0x01] }
    let lines = try warnings(["--set", "init=first"], in: world)
    #expect(lines.contains { $0.contains("/tokenizer.model is not the one of init") }, "\(lines)")

    try world.configure("init: first")
    let refused = try world.train(["--set", "model.text.vocabulary=400"])
    #expect(refused.code == 64, "\(refused.all)")
    for text in [
      "first/checkpoints/step-00000001: its token table is for another tokenizer",
      "it has 292 rows, this run needs 400", "/tokenizer.model has 292 pieces", "Remove tokenizer",
    ] { #expect(refused.errors.contains(text), "\(text): \(refused.all)") }
  }

  @Test("a resumed run with another length says which rate that changes, and from what to what")
  func rate() throws {
    let world = try TrainingWorld()
    try world.configure()
    #expect(try world.train(["--time-limit", "00:00:00"]).code == 75)
    let outcome = try world.train(["--set", "steps=4"])
    #expect(outcome.code == 0, "\(outcome.all)")
    #expect(
      outcome.errors.contains(
        "the learning rate of step 2 is 6.00e-04; without the change it was 7.60e-04"),
      "\(outcome.all)")
  }

  @Test("a validation that uses fewer samples than it was asked for says so")
  func partly() throws {
    let world = try TrainingWorld()
    try world.configure(
      steps: 1, "validation: {sets: [{name: both, records: [records/photos, records/photos, "
        + "records/photos, records/photos, records/photos], task: loss, limit: 70}]}")
    let outcome = try world.train()
    #expect(
      outcome.errors.contains("validation both: 64 of 70 samples are used: whole batches of 64"),
      "\(outcome.all)")
  }
}
