import Checkpoints
import CoCaModel
import Foundation
import OpenCLIP
import TestSupport
import Tensors
import Testing

/// Runs of open_clip that go on here: the training checkpoint is made of one of our own runs, whose
/// second half must then come out again.
@Suite("An imported run", .serialized)
struct OpenCLIPImportTests {
  private static let optimizer =
    "{name: adamw, lr: 1.0e-3, beta2: 0.98, epsilon: 1.0e-6, weight_decay: 0.2, "
    + "decay: openclip, clip: null}"

  private static func runFile(steps: Int) -> String {
    """
    model:
      preset: coca_ViT-B-32
      joint: 32
      image: {size: 16, patch: 8, width: 24, heads: 2, layers: 1, mlp: 40, queries: 4,
              pooler_heads: 2}
      text: {context: 32, vocabulary: 300, width: 32, heads: 2, layers: 1, mlp: 64,
             cls_mask: legacy}
      multimodal: {layers: 1, heads: 2, mlp: 128}
    \(rest(steps: steps))
    optimizer: \(optimizer)
    checkpoint: {every: 4, keep: null}

    """
  }

  private static func rest(steps: Int) -> String {
    """
    tokenizer: tokenizer.model
    data:
      - {records: records/photos, weight: 2, text: caption}
      - {records: records/icons, weight: 1, text: labels}
    batch: 12
    steps: \(steps)
    """
  }

  /// A world with a run of eight steps in `first`.
  private func world() throws -> TrainingWorld {
    let world = try TrainingWorld()
    try world.folder.write(Self.runFile(steps: 8), to: "run.yaml")
    let outcome = try world.train(output: "first")
    try #require(outcome.code == 0, "\(outcome.all)")
    return world
  }

  private func convert(_ world: TrainingWorld, _ arguments: String...) throws -> Job.Outcome {
    try Job.run("coca-convert", arguments, in: world.url)
  }

  /// What open_clip would have saved at step 4: `epoch_1.pt`, and `model.json`.
  private func forge(_ world: TrainingWorld) throws {
    let checkpoint = try Checkpoint.open(world.folder.file("first/checkpoints/step-00000004"))
    let data = try #require(try checkpoint.attachment("configuration.json"))
    let shape = try JSONDecoder().decode(ModelConfiguration.self, from: data)
    try world.folder.write(
      OpenCLIPConfiguration.json(of: shape, place: "test").text(), to: "model.json")
    let model = try checkpoint.model(), state = try checkpoint.optimizer("state")
    let tensors = OpenCLIPLayout(shape).tensors
    func gather(
      _ tensor: OpenCLIPTensor, _ files: TensorFiles, _ prefix: String = ""
    ) -> ForgedValue {
      let whole = tensor.gather { (try? files.tensor(prefix + $0)) ?? Tensor([]) }
      return .tensor(ForgedTensor(whole.values, tensor.shape))
    }
    let order = tensors.filter { $0.shape.count < 2 } + tensors.filter { $0.shape.count >= 2 }
    let spared = order.filter { $0.shape.count < 2 }.count
    let states = order.enumerated().map { index, tensor in
      (ForgedValue.integer(index), ForgedValue.dictionary([
        (.text("step"), .tensor(ForgedTensor([4], []))),
        (.text("exp_avg"), gather(tensor, state, "first_moment.")),
        (.text("exp_avg_sq"), gather(tensor, state, "second_moment.")),
      ]))
    }
    let groups = [(0..<spared, 0.0), (spared..<order.count, 0.2)].map { numbers, decay in
      ForgedValue.dictionary([
        (.text("lr"), .number(1e-3)), (.text("betas"), .tuple([.number(0.9), .number(0.98)])),
        (.text("eps"), .number(1e-6)), (.text("weight_decay"), .number(decay)),
        (.text("params"), .list(numbers.map(ForgedValue.integer))),
      ])
    }
    let whole = ForgedValue.dictionary([
      (.text("epoch"), .integer(1)),
      (.text("state_dict"), .orderedDictionary(
        tensors.map { (.text("module." + $0.name), gather($0, model)) })),
      (.text("optimizer"), .dictionary([
        (.text("state"), .dictionary(states)), (.text("param_groups"), .list(groups)),
      ])),
    ])
    try Data(TorchForge.file(whole)).write(to: world.folder.file("epoch_1.pt"))
  }

  @Test("goes on with its AdamW's state at its step, bit for bit", .enabled(if: Job.hasLauncher),
    arguments: [nil, 2])
  func resumed(ranks: Int?) throws {
    let world = try world()
    if let ranks {
      try FileManager.default.removeItem(at: world.folder.file("first"))
      #expect(try world.train(ranks: ranks, output: "first").code == 0)
    }
    try forge(world)
    let imported = try convert(
      world, "import", "epoch_1.pt", "--model", "model.json", "--tokenizer", "tokenizer.model",
      "--optimizer", "--to", "imported")
    #expect(imported.code == 0, "\(imported.all)")
    let keys = imported.output.components(separatedBy: "For the run file that goes on from it:\n")
    try world.folder.write(
      Self.rest(steps: 8) + "\ncheckpoint: {every: 4, keep: null}\n" + keys[1], to: "run.yaml")
    let outcome = try world.train(["--resume", "imported"], ranks: ranks, output: "second")
    #expect(outcome.code == 0, "\(outcome.all)")
    let first = try RunResult(world.folder, output: "first")
    let second = try RunResult(world.folder, output: "second")
    #expect(second.steps.map(\.step) == [5, 6, 7, 8])
    #expect(second.steps == Array(first.steps.suffix(4)))
    #expect(!first.checkpoint.isEmpty && second.checkpoint == first.checkpoint)
    // From its own checkpoints it goes on as any run does.
    let again = try world.train(ranks: ranks, output: "second")
    #expect(again.code == 0 && again.errors.contains("nothing is left to do"), "\(again.all)")
  }

  @Test("is refused as a run to resume where optimizer, steps or model are others")
  func refusals() throws {
    let world = try world()
    try forge(world)
    for more in [[], ["--optimizer"]] {
      let outcome = try Job.run(
        "coca-convert",
        ["import", "epoch_1.pt", "--model", "model.json", "--tokenizer", "tokenizer.model"] + more
          + ["--to", more.isEmpty ? "weights" : "state"], in: world.url)
      #expect(outcome.code == 0, "\(outcome.all)")
    }
    let faults: [([String], String)] = [
      (["--resume", "weights"], "has no optimizer's state. Start from it with init:"),
      (["--resume", "state", "--set", "optimizer.name=adafactor"], "Set optimizer.name: adamw"),
      (["--resume", "state", "--set", "steps=4"], "it is at step 4 of the run's 4"),
      (["--resume", "state", "--set", "model.text.cls_mask=correct"], "its model is not"),
    ]
    for (arguments, text) in faults {
      let outcome = try world.train(arguments, output: "second")
      #expect(outcome.code == 64 && outcome.errorLines.count == 1, "\(outcome.all)")
      #expect(outcome.errors.contains(text), "\(outcome.all)")
      #expect(!world.folder.exists("second"))
    }
  }

  @Test("is a start of other runs, from its folder directly or as a checkpoint, all the same")
  func initial() throws {
    let world = try world()
    let exported = try convert(world, "export", "first", "--to", "folder", "--format", "openclip")
    #expect(exported.code == 0, "\(exported.all)")
    let imported = try convert(world, "import", "folder", "--to", "imported")
    #expect(imported.code == 0 && imported.errors.isEmpty, "\(imported.all)")
    var results: [RunResult] = []
    for start in ["first", "folder", "imported"] {
      try world.folder.write(
        Self.rest(steps: 3).replacingOccurrences(of: "tokenizer: tokenizer.model", with: "")
          + "\ninit: \(start)\n", to: "run.yaml")
      let outcome = try world.train(output: "from-\(start)")
      #expect(outcome.code == 0, "\(outcome.all)")
      results.append(try RunResult(world.folder, output: "from-\(start)"))
    }
    #expect(results[0].steps.count == 3)
    for other in results.dropFirst() {
      #expect(other.steps == results[0].steps && other.checkpoint == results[0].checkpoint)
    }
  }

  @Test("starts with positions resized where the run file asks for another image size")
  func largerImages() throws {
    let world = try world()
    let exported = try convert(world, "export", "first", "--to", "folder", "--format", "openclip")
    #expect(exported.code == 0, "\(exported.all)")
    for start in ["first", "folder"] {
      try world.folder.write(
        Self.rest(steps: 1)
          + "\ninit: \(start)\nmodel: {image: {size: [24, 32]}, text: {context: 24}}\n",
        to: "run.yaml")
      let outcome = try world.train(output: "from-\(start)")
      #expect(outcome.code == 0, "\(outcome.all)")
      let checkpoint = try Checkpoint.open(world.folder.file("from-\(start)"))
      let files = try checkpoint.model()
      #expect(files["imageEncoder.positions"]?.shape == [13, 24])
      #expect(files["unimodal.positions"]?.shape == [25, 32])
    }
    let (a, b) = (
      try RunResult(world.folder, output: "from-first"),
      try RunResult(world.folder, output: "from-folder")
    )
    #expect(a.steps == b.steps && a.checkpoint == b.checkpoint)
  }

  @Test("does not start a run of another layout")
  func otherLayout() throws {
    let world = try world()
    #expect(
      try convert(world, "export", "first", "--to", "folder", "--format", "openclip").code == 0)
    try world.configure("init: folder")
    let outcome = try world.train()
    #expect(outcome.code == 64, "\(outcome.all)")
    #expect(outcome.errors.contains("its layout is openclip, the model's paper"), "\(outcome.all)")
  }
}
