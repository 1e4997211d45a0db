import CoCaModel
import Foundation
import RunFile
import Testing
import Training

private let presets = ModelConfiguration.presetNames.joined(separator: ", ")

@Suite("Errors of a run file")
struct RunConfigurationErrorTests {
  private func failure(of yaml: String) throws -> ConfigurationError {
    let error = #expect(throws: ConfigurationError.self) { try parseRun(yaml) }
    return try #require(error)
  }

  @Test("an unknown key names the nearest, or ours for open_clip's flag", arguments: [
    ("bacth: 1", "bacth", "Did you mean batch?"),
    ("Seed: 1", "Seed", "Write seed"),
    ("bad-samples: {}", "bad-samples", "Write bad_samples"),
    ("warm_up: 1", "warm_up", "Did you mean schedule.warmup?"),
    ("batch_size: 1", "batch_size", "Use batch (pairs per step over all ranks, not per rank)"),
    ("batch-size: 1", "batch-size", "Use batch (pairs per step over all ranks, not per rank)"),
    ("--train-data: x", "--train-data", "Use data"),
    ("wd: 1", "wd", "Use optimizer.weight_decay"),
    ("warmup: 1", "warmup", "Use schedule.warmup"),
    ("lr: 1", "lr", "Use optimizer.lr"),
    ("accum_freq: 1", "accum_freq", "Use microbatch (pairs per forward pass)"),
    ("grad_clip_norm: 1", "grad_clip_norm", "Use optimizer.clip"),
    ("coca_caption_loss_weight: 1", "coca_caption_loss_weight", "Use loss.caption"),
    ("workers: 1", "workers", "Leave it out; threads are set with --threads"),
    ("batchsize: 1", "batchsize", "Use batch (pairs per step over all ranks, not per rank)"),
    ("lock-image: 1", "lock-image", "Use freeze: [imageEncoder]"),
    ("siglip: 1", "siglip", "Leave it out: the contrastive loss is CoCa's, not SigLIP's"),
    ("torchcompile: 1", "torchcompile", "Leave it out: the program is compiled already"),
    ("wandb-project-name: x", "wandb-project-name", "Leave it out: metrics.jsonl is always"),
    ("ddp-static-graph: 1", "ddp-static-graph", "Leave it out: mpirun starts the ranks"),
    ("dist-backend: x", "dist-backend", "Leave it out: mpirun starts the ranks"),
    ("debug: 1", "debug", "Leave it out; --dry-run shows the plan, --profile shows steps"),
    ("lr-cooldown-end: 1", "lr-cooldown-end", "Use schedule.decay"),
    ("force-quick-gelu: 1", "force-quick-gelu", "Use model.activation: quick_gelu"),
    ("optimizer: {learning-rate: 1}", "optimizer.learning-rate", "Use optimizer.lr"),
    ("optimizer: {beta3: 1}", "optimizer.beta3", "Did you mean beta1?"),
    ("zzzzzzzzz: 1", "zzzzzzzzz", "Known here: model, init, tokenizer, "),
  ])
  func unknownKeys(line: String, key: String, remedy: String) throws {
    let error = try failure(of: minimalRun + line)
    #expect(error.key == key)
    #expect(error.place == "run.yaml:6")
    #expect(error.description.hasPrefix("run.yaml:6: \(key): unknown key. \(remedy)"))
  }

  @Test("an unknown key in a list entry has its path and line")
  func unknownInList() throws {
    let error = try failure(
      of: """
        model: base
        data:
          - records: a
          - records: b
            wieght: 2
        """)
    #expect(error.place == "run.yaml:5" && error.key == "data.1.wieght")
    #expect(error.reason == .unknownKey(suggestion: "Did you mean weight?"))
  }

  @Test("weights of fields are numbers above 0, of one field at least, not tokens", arguments: [
    ("{}", "data.0.text"), ("{caption: 0}", "data.0.text.caption"),
    ("{caption: x}", "data.0.text.caption"), ("{caption: 1, tokens: 1}", "data.0.text"),
    ("[caption]", "data.0.text"), ("{recaption: 1}, prompts: none", "data.0.prompts"),
  ])
  func fields(text: String, key: String) throws {
    let error = try failure(
      of: minimalRun.replacing("data/stamps", with: "data/stamps, text: \(text)"))
    #expect(error.key == key, "\(error)")
  }

  @Test("a wrong type or a value out of range names key, value and what is expected", arguments: [
    ("batch: 0", "batch", "0", "a whole number from 1 to 2147483647"),
    ("batch: 1.5", "batch", "1.5", "a whole number from 1 to 2147483647"),
    ("batch: \"8\"", "batch", "\"8\"", "a whole number from 1 to 2147483647"),
    ("lanes: [1]", "lanes", "a list", "a whole number from 1 to 1000000"),
    ("optimizer: {lr: 0}", "optimizer.lr", "0", "a number above 0, up to 1e37"),
    ("optimizer: {lr: -1e-3}", "optimizer.lr", "-0.001", "a number above 0, up to 1e37"),
    ("optimizer: {lr: null}", "optimizer.lr", "null", "a number above 0, up to 1e37"),
    ("optimizer: {lr: .inf}", "optimizer.lr", "\".inf\"", "a number above 0, up to 1e37"),
    ("optimizer: {lr: 1e999}", "optimizer.lr", "\"1e999\"", "a number above 0, up to 1e37"),
    ("optimizer: {beta1: 1}", "optimizer.beta1", "1", "a number from 0 to 0.9999999"),
    ("optimizer: {name: sgd}", "optimizer.name", "\"sgd\"", "one of: adafactor, adamw"),
    ("optimizer: adamw", "optimizer", "\"adamw\"", "a mapping of keys to values"),
    ("bad_samples: {limit: 2}", "bad_samples.limit", "2", "a number from 0 to 1"),
    ("schedule: {warmup: 1.5}", "schedule.warmup", "1.5",
      "a fraction below 1 or a whole number of steps"),
    ("augment: {crop: [0.9]}", "augment.crop", "a list", "two fractions, as in [0.9, 1.0]"),
    ("augment: {crop: [1, 0.9]}", "augment.crop", "a list",
      "two rising fractions above 0, as in [0.9, 1.0]"),
    ("augment: {resize: 0.9}", "augment.resize", "0.9", "a number from 1 to 4"),
    ("data_cache: {folder: c, limit: much}", "data_cache.limit", "\"much\"",
      "a size such as 100GiB"),
    ("data_cache: 3", "data_cache", "3", "a mapping of keys to values"),
    ("augment: {flip: yes}", "augment.flip", "\"yes\"", "true or false"),
    ("log: {keys: 1}", "log.keys", "1", "true or false"),
    ("seed: -1", "seed", "-1", "a whole number from 0 to 9223372036854775807"),
    ("deadline: 1e-9", "deadline", "1e-09", "a number from 10 to 1e9"),
    ("deadline: 1e300", "deadline", "1e+300", "a number from 10 to 1e9"),
    ("checkpoint: {keep: 0}", "checkpoint.keep", "0",
      "a whole number from 1 to 9223372036854775807"),
    ("checkpoint: {minutes: 1e300}", "checkpoint.minutes", "1e+300",
      "a number above 0, up to 1e9"),
    ("log: {every: null}", "log.every", "null", "a whole number from 1 to 9223372036854775807"),
    ("loss: {caption: 1e300}", "loss.caption", "1e+300", "a number from 0 to 1e37"),
    ("tokenizer: \"\"", "tokenizer", "\"\"", "a text that is not empty"),
    ("nonfinite: 3", "nonfinite", "3", "one of: stop, skip"),
    ("precision: float16", "precision", "\"float16\"", "one of: float32, bfloat16"),
    ("data: []", "data", "a list", "at least one source"),
    ("data: [{records: 3}]", "data.0.records", "3", "a folder or a list of folders"),
    ("data: [{records: []}]", "data.0.records", "a list", "a folder or a list of folders"),
    ("data: [{records: \"\"}]", "data.0.records", "\"\"", "a folder or a list of folders"),
    ("data: [{records: a, weight: 1e308}]", "data.0.weight", "1e+308",
      "a number above 0, up to 1e15"),
    ("data: [3]", "data.0", "3", "a mapping, such as {records: …}"),
    ("data: a/b", "data", "\"a/b\"", "a list, such as [{records: a/b}]"),
    ("data: [a/b]", "data.0", "\"a/b\"", "a mapping, such as {records: a/b}"),
    ("data: {records: a}", "data", "a mapping", "a list, such as [{records: …}]"),
    ("validation: {sets: a}", "validation.sets", "\"a\"",
      "a list, such as [{records: a, task: …}]"),
    ("model: bse", "model", "\"bse\"", "one of \(presets), or a path"),
    ("model: \"\"", "model", "\"\"", "one of \(presets), or a path"),
    ("model: {preset: bse}", "model.preset", "\"bse\"", "one of: \(presets)"),
  ])
  func values(line: String, key: String, found: String, expected: String) throws {
    let name = String(line.prefix { $0 != ":" })
    let others = minimalRun.split(separator: "\n").filter { !$0.hasPrefix(name + ":") }
    let error = try failure(of: others.joined(separator: "\n") + "\n" + line)
    #expect(error.key == key)
    #expect(error.reason == .unexpected(found: found, expected: expected))
    #expect(error.place == "run.yaml:\(others.count + 1)")
  }

  @Test("keys of poolers are refused beside poolers: none, which has nothing to read them",
    arguments: [
      ("{preset: tiny, poolers: none, image: {queries: 8}}", "model.image.queries"),
      ("{preset: tiny, poolers: none, image: {pooler_heads: 2}}", "model.image.pooler_heads"),
    ])
  func unread(model: String, key: String) throws {
    let error = try failure(of: minimalRun.replacing("model: base", with: "model: \(model)"))
    #expect(error.key == key && error.place == "run.yaml:1", "\(error)")
    #expect(error.description.contains("poolers: none has no pooler that would read it"))
    let other = model.replacing("poolers: none", with: "poolers: parallel")
    _ = try parseRun(minimalRun.replacing("model: base", with: "model: \(other)"))
  }

  @Test("a number that is too large names the limit", arguments: [
    ("epochs=1e300", "a number above 0, up to 1e9"),
    ("seed=18446744073709551615", "a whole number from 0 to 9223372036854775807"),
  ])
  func largest(argument: String, expected: String) {
    let error = #expect(throws: ConfigurationError.self) {
      try parseRun(minimalRun, set: [argument])
    }
    #expect(error?.description.contains("expected \(expected), found ") == true)
  }

  @Test("what later versions take is refused as such", arguments: [
    ("validation: {sets: [{records: v, task: caption, beam: 4}]}", "validation.sets.0.beam"),
  ])
  func unavailable(line: String, key: String) throws {
    let others = minimalRun.split(separator: "\n")
      .filter { !$0.hasPrefix("model") || !line.hasPrefix("model") }
    let error = try failure(of: others.joined(separator: "\n") + "\n" + line)
    #expect(error.key == key)
    guard case .unavailable = error.reason else {
      Issue.record("\(error)")
      return
    }
  }

  @Test("what is missing is named", arguments: ["model", "tokenizer", "data", "batch", "steps"])
  func missing(key: String) throws {
    let others = minimalRun.split(separator: "\n").filter { !$0.hasPrefix(key) }
    let error = try failure(of: others.joined(separator: "\n"))
    #expect(error.key == key && error.reason == .missing)
  }

  @Test("what does not go together is refused", arguments: [
    ("epochs: 2", "epochs"),
    ("loss: {contrastive: 0, caption: 0}", "loss.caption"),
    ("data: [{records: a, weight: 1}, {records: b}]", "data"),
    ("data: [{records: a, prompts: default}]", "data.0.prompts"),
    ("data: [{records: a, name: x}, {records: b, name: x}]", "data.1.name"),
    ("validation: {sets: [{records: a, task: loss, classes: c}]}", "validation.sets.0.classes"),
    ("validation: {sets: [{records: a, task: caption, prompts: none}]}",
      "validation.sets.0.prompts"),
  ])
  func conflicts(line: String, key: String) throws {
    let others = minimalRun.split(separator: "\n")
      .filter { !$0.hasPrefix("data") || !line.hasPrefix("data") }
    let error = try failure(of: others.joined(separator: "\n") + "\n" + line)
    #expect(error.key == key)
    guard case .conflict = error.reason else {
      Issue.record("\(error)")
      return
    }
  }

  @Test("a validation set is told the tasks, what it lacks, and whose an option is", arguments: [
    ("task: embed", "task: expected one of: loss, retrieval, zero-shot, caption"),
    ("task: zero-shot", "classes: is missing"),
    ("task: loss, classes: c", "classes: goes with task: zero-shot only"),
  ])
  func validationSets(keys: String, text: String) throws {
    let error = try failure(
      of: minimalRun + "validation: {sets: [{records: a, \(keys)}]}\n")
    #expect(error.description.contains("validation.sets.0.\(text)"), "\(error)")
  }

  @Test("broken YAML names its line", arguments: [
    ("a: [1", 7), ("\"a", 7), ("a: 'b", 7), ("\t- x", 6), ("batch: 3", 4), ("&x a: 1", 6),
    ("a: &x 1", 6), ("a: [&x 1, *x]", 6), ("? [a]\n: 1", 6), ("a: b # &c\nd: &e f", 7),
    ("a: \"&b\"\nc: !!str &d e", 7), ("a: *x", 6),
  ])
  func syntax(line: String, number: Int) throws {
    let error = try failure(of: minimalRun + line + "\n")
    guard case .syntax = error.reason else {
      Issue.record("\(error)")
      return
    }
    #expect(error.place.hasPrefix("run.yaml:"))
    #expect(!error.description.contains("\n"))
  }

  @Test("an anchor or an alias is told as such", arguments: [
    "a: &x 1", "&x a: 1", "a: [&x 1, *x]", "a: *x", "a: \"# &y\" # \"&z\"\nb: &x 1",
  ])
  func anchors(line: String) throws {
    let error = try failure(of: minimalRun + line)
    #expect(error.description.contains("anchors (&name) and aliases (*name) are not read"))
  }

  @Test("junk is an error", arguments: [
    "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n", "", "3", "- 1", "---\na: 1\n---\nb: 2",
    "a: \u{0}", "%YAML 3.0\n---\na: 1", "a: *x", "!!binary x", "\u{FEFF}&a x: 1",
    "[\u{2028}&a x, *a]",
  ])
  func junk(yaml: String) {
    #expect(throws: ConfigurationError.self) { try parseRun(yaml) }
  }

  @Test("what is nested too deeply or too large is an error")
  func limits() {
    func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }
    let deep = [
      repeated("[", 100_000), repeated("- ", 100_000), repeated("{a: ", 5000),
      repeated("? ", 5000), "model: " + repeated("[", 900) + repeated("]", 900),
      "model: [" + repeated("1,", 30_000) + "]", repeated("a", 2 << 20),
    ]
    for (index, yaml) in deep.enumerated() {
      #expect(throws: ConfigurationError.self, "number \(index)") {
        _ = try parseRun(yaml).batch
      }
    }
  }

  @Test("a flip in any byte and any cut of a run file never crashes, and what is read is written")
  func flips() throws {
    let sound = Array(minimalRun.utf8)
    for index in sound.indices {
      for mask in [UInt8(1), 0x10, 0x20, 0x80] {
        var bytes = sound
        bytes[index] ^= mask
        guard let text = String(validating: bytes, as: UTF8.self),
          let run = try? parseRun(text)
        else { continue }
        #expect(try parseRun(run.yaml()) == run)
      }
      if let run = try? parseRun(String(decoding: sound[..<index], as: UTF8.self)) {
        #expect(run.batch == 512)
      }
    }
  }
}
