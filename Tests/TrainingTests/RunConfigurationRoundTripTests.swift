import Checkpoints
import Evaluation
import Foundation
import JSON
import RunFile
import Testing
import Training

@Suite("A run file written, changed by --set, and compared on resume")
struct RunConfigurationRoundTripTests {
  private static let full = """
    model: {preset: small, image: {mean: [0.5, 1.0, 0.25], size: 112}, text: {vocabulary: null}}
    tokenizer: "odd # name: yes.model"
    data:
      - {records: [a, "true"], weight: 1, text: labels, prompts: none}
      - {records: "über 'x' \\"y\\"", weight: 0.1, text: caption, name: "3"}
    batch: 7
    epochs: 0.3
    microbatch: 2
    optimizer: {name: adamw, lr: 1.0e-300, clip: null, decay: openclip}
    schedule: {warmup: 3, decay: cosine}
    augment: null
    overlap: off
    nonfinite: skip
    checkpoint: {every: null, minutes: 0.5, keep: null}
    validation: {every: 5, sets: [{records: v, task: zero-shot, classes: c, limit: 3}]}
    log: {every: 2, keys: true}
    seed: 9223372036854775807
    """

  @Test("what is written is read back equal, as YAML and as JSON", arguments: [
    minimalRun, full, "init: x\ndata: [{records: \"on\"}]\nbatch: 1\nsamples: 1\n",
    minimalRun + "augment: {resize: 1.2}\ndata_cache: {folder: ../c, limit: 100 GiB}\n",
    minimalRun.replacing("data/stamps", with: "\"Tom &Co/own\", name: 'a *b &c'")
      + "init: Tom & Jerry&Co # salt &pepper\n",
  ])
  func roundTrip(yaml: String) throws {
    let run = try parseRun(yaml)
    #expect(try parseRun(run.yaml()) == run)
    #expect(try RunConfiguration(json: run.json) == run)
    let bytes = Array(run.json.text(indented: true).utf8)
    #expect(try RunConfiguration(json: JSONReader.read(bytes)) == run)
    #expect(try run.differences(from: parseRun(run.yaml())).isEmpty)
  }

  @Test("the written file names every key but those of empty lists, other lengths and tasks")
  func writesAll() throws {
    let json = try parseRun(Self.full).json
    let otherTasks = EvaluationTasks.keys.filter { !ZeroShotTask.options.contains($0) }
      .map { "validation.sets.\($0.key)" }
    let absent = ["steps", "samples", "loss.classification"] + otherTasks
    let keys = RunConfiguration.book.all.map(\.path)
      .filter { !$0.hasPrefix("model.") && !$0.hasPrefix("objective.") }
    for key in keys where !absent.contains(key) {
      var tree: JSONValue? = json
      for part in key.split(separator: ".") {
        if case .array(let items)? = tree { tree = items.first }
        if tree != .null { tree = tree?[String(part)] }
      }
      #expect(tree != nil, "\(key)")
    }
  }

  @Test("--set changes one key, in sections, lists and presets")
  func overrides() throws {
    let run = try parseRun(
      minimalRun,
      set: [
        "optimizer.lr=1e-5", "data.0.weight=2", "augment=null", "augment.flip=true",
        "validation.sets=[{records: v, task: loss}]", "epochs=2", "model.text.context=32",
        "seed=5", "seed=6", "tokenizer=a=b.model",
      ])
    #expect(run.optimizer.lr == 1e-5 && run.optimizer.beta1 == 0.9)
    #expect(run.data[0].weight == 2)
    #expect(run.augment?.crop == 0.9...1 && run.augment?.flip == true)
    #expect(run.validation.sets.count == 1)
    #expect(run.length == .epochs(2))
    #expect(
      run.model
        == .mapping(.object(["text": .object(["context": .integer(32)])]), base: "base"))
    #expect(run.seed == 6)
    #expect(run.tokenizer == "/runs/here/a=b.model")
  }

  @Test("an objective is a preset's name, or a mapping, of which --set changes one key")
  func objective() throws {
    let named = try parseRun(minimalRun + "\nobjective: contrastive")
    #expect(try parseRun(minimalRun + "\nobjective: {preset: contrastive}") == named)
    let changed = try parseRun(
      minimalRun + "\nobjective: coca", set: ["objective.preset=contrastive"])
    #expect(changed == named)
    #expect(try named.yaml().contains("objective: contrastive\n"))
  }

  @Test("a wrong --set is named, not a line", arguments: [
    "batch", "=3", "batch=0", "bacth=3", "data.1.weight=2", "data.x.weight=2", "batch.x=3",
    "optimizer..lr=3", "seed=[", "seed=&a 1", ".=1", "model.activation=relu",
    "model.image.mean=0.5", "model.image={std: [1e300, 1, 1]}", "model.imge.size=1", "deadline=1",
  ])
  func wrongOverrides(argument: String) throws {
    let error = #expect(throws: ConfigurationError.self) {
      try parseRun(minimalRun, set: [argument])
    }
    #expect(error?.place == "--set \(argument)")
  }

  @Test("each differing key is given with both values")
  func differences() throws {
    let saved = try parseRun(minimalRun)
    let run = try parseRun(minimalRun, set: ["batch=256", "log.keys=true", "data.0.weight=2"])
    let differences = run.differences(from: saved)
    #expect(
      differences.map(\.description) == [
        "batch: 512 in the checkpoint, 256 now",
        "data.0.weight: absent in the checkpoint, 2.0 now",
        "log.keys: false in the checkpoint, true now",
      ])
    #expect(differences.map(\.isFree) == [false, false, true])
  }

  @Test("resuming refuses what --set does not name", arguments: [
    (["batch=8"], [], ["batch", "lanes"]), (["batch=8", "lanes=240"], ["batch=8"], []),
    (["optimizer.lr=1"], ["optimizer={lr: 1}"], []), (["steps=7"], [], ["steps"]),
    (["epochs=7"], ["epochs=7"], []), (["epochs=7"], [], ["epochs", "steps"]),
    (["microbatch=1", "log.every=3", "checkpoint.keep=9", "deadline=10", "validation.every=2"], [],
      []),
    (["data.0.records=data/x3"], ["data.0.records=data/x3"], []),
    (["data.0.records=data/x3"], [], ["data.0.records.0"]), (["data.0.name=x"], [], []),
    (["optimizer.lr=1"], ["optimizer.lrx=1"], ["optimizer.lr"]),
  ])
  func resuming(changes: [String], named: [String], refused: [String]) throws {
    let saved = try parseRun(minimalRun)
    let run = try parseRun(minimalRun, set: changes)
    do {
      let differences = try run.resuming(saved, overrides: named)
      #expect(refused.isEmpty)
      #expect(differences == run.differences(from: saved))
    } catch {
      guard case .changed(let differences) = error.reason else { throw error }
      #expect(differences.map(\.key) == refused)
      #expect(error.description.contains(" in the checkpoint, "))
    }
  }
}
