import Checkpoints
import Evaluation
import Foundation
import JSON
import Pipeline
import RunFile
import Testing
import TestSupport
import Training

let runFolder = URL(fileURLWithPath: "/runs/here", isDirectory: true)
let minimalRun = """
  model: base
  tokenizer: tokenizer.model
  data: [{records: data/stamps}]
  batch: 512
  steps: 100

  """

func parseRun(_ yaml: String, set: [String] = []) throws(ConfigurationError) -> RunConfiguration {
  try RunConfiguration(yaml: yaml, folder: runFolder, overrides: set)
}

@Suite("Run file")
struct RunConfigurationTests {
  @Test("a minimal file gets the documented defaults")
  func defaults() throws {
    let expected = """
      {"model": "base", "init": null, "tokenizer": "/runs/here/tokenizer.model",
       "data": [{"name": "data/stamps", "records": ["/runs/here/data/stamps"], "text": "caption"}],
       "data_cache": null, "bad_samples": {"policy": "skip", "limit": 0.01}, "batch": 512,
       "lanes": 240,
       "microbatch": null, "steps": 100, "loss": {"contrastive": 1.0, "caption": 2.0},
       "optimizer": {"name": "adafactor", "lr": 8e-4, "beta1": 0.9, "beta2": 0.999,
                     "epsilon": 1e-30, "weight_decay": 0.01, "clip": 1.0, "decay": "matrices"},
       "schedule": {"warmup": 0.02, "decay": "linear"},
       "augment": {"crop": [0.9, 1.0], "flip": false}, "precision": "float32",
       "recompute": "none", "contrastive_exchange": "gather", "shard_optimizer": false,
       "gradient_dtype": "float32", "overlap": "auto", "reproducible": false,
       "nonfinite": "stop", "deadline": 300.0,
       "checkpoint": {"every": 1000, "minutes": 30.0, "keep": 3},
       "validation": {"every": 1000, "sets": []}, "log": {"every": 1, "keys": false}, "seed": 0}
      """
    let differences = try RunConfiguration.book.differences(
      from: JSONReader.read(Array(expected.utf8)), to: parseRun(minimalRun).json)
    // Defaults of keys that came later stand in the documentation's tables.
    #expect(differences.filter { $0.saved != nil } == [])
  }

  @Test("every default written out gives the same run as leaving it out")
  func explicitDefaults() throws {
    let yaml = minimalRun + """
      init: null
      data_cache: null
      bad_samples: {policy: skip, limit: 0.01}     # skip|fail
      lanes: 240
      microbatch: null
      loss: {contrastive: 1, caption: 2}
      optimizer: {name: adafactor, lr: 8.0e-4, beta1: 0.9, beta2: 0.999, epsilon: null,
                  weight_decay: 0.01, clip: 1.0, decay: matrices}
      schedule: {warmup: 0.02, decay: linear}
      augment: {crop: [0.9, 1.0], flip: false}
      precision: float32
      recompute: none
      contrastive_exchange: gather
      shard_optimizer: false
      gradient_dtype: float32
      overlap: auto
      reproducible: false
      nonfinite: stop
      deadline: 300
      checkpoint: {every: 1000, minutes: 30, keep: 3}
      validation: {every: 1000, sets: []}
      log: {every: 1, keys: false}
      seed: 0
      """
    #expect(try parseRun(yaml) == parseRun(minimalRun))
  }

  @Test("sources: several folders, weights, labels with prompts, names that differ")
  func sources() throws {
    let run = try parseRun(
      """
      model: tiny
      tokenizer: /t/tokenizer.model
      batch: 8
      epochs: 1.5
      data:
        - {records: [a, ../b], weight: 1}
        - {records: /c, weight: 0.5, text: labels}
        - {records: /c, weight: 2, text: labels, prompts: none}
        - {records: /c, weight: 2, text: labels, prompts: p.txt, name: mine}
        - {records: d, weight: 3, text: tokens}
        - {records: e, weight: 1, text: {recaption: 0.5, labels: 2, caption: 1}, prompts: none}
      """)
    #expect(run.data.map(\.name) == ["a+../b", "/c", "/c-2", "mine", "d", "e"])
    #expect(run.data[0].records == ["/runs/here/a", "/runs/b"])
    #expect(
      run.data.map(\.prompts) == [nil, .standard, .off, .file("/runs/here/p.txt"), nil, .off])
    let fields = [("caption", 1), ("labels", 2), ("recaption", 0.5)]
      .map { SourceSettings.Field(name: $0.0, weight: $0.1) }
    #expect(
      run.data.map(\.text) == [.caption, .labels, .labels, .labels, .tokens, .fields(fields)])
    #expect(run.data.map(\.weight) == [1, 0.5, 2, 2, 3, 1])
    #expect(try RunConfiguration(json: run.json).data == run.data)
    #expect(run.length == .epochs(1.5))
    #expect(run.lanes == 8)
  }

  @Test("model: preset, file, checkpoint, mapping with or without a preset")
  func models() throws {
    func model(_ text: String) throws -> RunConfiguration.Model? {
      try parseRun(minimalRun.replacing("model: base", with: "model: \(text)")).model
    }
    #expect(try model("giant") == .preset("giant"))
    #expect(try model("m.yaml") == .file("/runs/here/m.yaml"))
    #expect(try model("/runs/x") == .file("/runs/x"))
    #expect(
      try model("{layout: paper, joint: 512, image: {mean: [0.5, 1.0, 0], resize: null, fit: pad}}")
        == .mapping(
          .object([
            "layout": .string("paper"), "joint": .integer(512),
            "image": .object([
              "mean": .array([.number(0.5), .number(1), .integer(0)]), "resize": .null,
              "fit": .string("pad"),
            ]),
          ]), base: nil))
    #expect(
      try model("{preset: small, text: {context: 32}}")
        == .mapping(.object(["text": .object(["context": .integer(32)])]), base: "small"))
  }

  @Test("init brings model and tokenizer; tokens need no tokenizer")
  func initial() throws {
    let rest = "data: [{records: d}]\nbatch: 1\nsteps: 1\n"
    let run = try parseRun(rest + "init: old\n")
    #expect(run.initial == "/runs/here/old" && run.model == nil && run.tokenizer == nil)
    #expect(run.lanes == 1)
    let tokens = try parseRun(
      "model: tiny\ndata: [{records: d, text: tokens}]\nbatch: 1\nsamples: 13e9\n")
    #expect(tokens.tokenizer == nil && tokens.length == .samples(13_000_000_000))
  }

  @Test("null switches off what can be switched off")
  func nulls() throws {
    let run = try parseRun(
      minimalRun + "augment: null\noptimizer: {clip: null, name: adamw}\n"
        + "checkpoint: {every: null, minutes: ~, keep: null}\nschedule: {warmup: 100}\n")
    #expect(run.augment == nil && run.optimizer.clip == nil && run.optimizer.epsilon == 1e-8)
    let saving = run.checkpoint
    #expect(saving.every == nil && saving.minutes == nil && saving.keep == nil)
    #expect(run.schedule.warmup == .steps(100))
  }

  @Test("validation sets")
  func validation() throws {
    let run = try parseRun(
      minimalRun + """
        validation:
          every: 10
          sets:
            - {records: v, task: loss}
            - {records: v, task: zero-shot, classes: c.txt, prompts: none, limit: 100, name: zs}
            - {records: [v], task: zero-shot, classes: /c, prompts: p.txt, name: files}
        """)
    let sets = run.validation.sets
    #expect(run.validation.every == 10)
    #expect(sets.map(\.name) == ["v", "zs", "files"])
    #expect(sets.allSatisfy { $0.records == ["/runs/here/v"] })
    #expect(sets.map(\.task.rawValue) == ["loss", "zero-shot", "zero-shot"])
    #expect(sets.map { option("classes", of: $0) } == [nil, "/runs/here/c.txt", "/c"])
    #expect(sets.map { option("prompts", of: $0) } == [nil, "none", "/runs/here/p.txt"])
    #expect(sets.map(\.limit) == [nil, 100, nil])
  }

  private func option(_ key: String, of set: ValidationSettings.Set) -> String? {
    let option = set.task.task.options.first { $0.key == key }
    guard let option, case .text(let text)? = set.options[option] else { return nil }
    return text
  }

  @Test("a run file on disk is read relative to its folder")
  func file() throws {
    let home = try TestFolder()
    let file = try home.write(minimalRun, to: "my.yaml")
    let run = try RunConfiguration(file: file)
    #expect(run.tokenizer == home.path("tokenizer.model"))
    try home.write("\u{FEFF}" + minimalRun, to: "my.yaml")
    #expect(try RunConfiguration(file: file) == run, "behind a byte order mark")
    let absent = #expect(throws: ConfigurationError.self) {
      try RunConfiguration(file: home.file("absent.yaml"))
    }
    #expect(absent?.place == home.path("absent.yaml"))
    #expect(absent?.reason == .unreadable("No such file or directory"))
    let folder = #expect(throws: ConfigurationError.self) { try RunConfiguration(file: home.url) }
    #expect(folder?.reason == .unreadable("it is a folder"))
    try Data(repeating: 0x20, count: (1 << 20) + 1).write(to: file)
    #expect(throws: ConfigurationError.self) { try RunConfiguration(file: file) }
  }
}
