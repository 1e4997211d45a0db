import Foundation
import JSON
import RunFile
import Testing
import Training

/// Another value than the default for every key, as `--set` takes it, after what it needs.
private let others: [String: [String]] = [
  "model": ["model=tiny"], "init": ["init=x"], "tokenizer": ["tokenizer=x"],
  "data": ["data=[{records: x}]"], "data.name": ["data.0.name=x"],
  "data.records": ["data.0.records=x"], "data.weight": ["data.0.weight=2"],
  "data.text": ["data.0.text=labels"],
  "data.prompts": ["data.0.text=labels", "data.0.prompts=none"],
  "data_cache": ["data_cache={folder: x, limit: 1GiB}"],
  "data_cache.folder": ["data_cache={folder: x, limit: 1GiB}"],
  "data_cache.limit": ["data_cache={folder: x, limit: 2GiB}"],
  "bad_samples": ["bad_samples={limit: 0.5}"], "bad_samples.policy": ["bad_samples.policy=fail"],
  "bad_samples.limit": ["bad_samples.limit=0.5"],
  "batch": ["batch=8"], "lanes": ["lanes=8"], "microbatch": ["microbatch=8"],
  "steps": ["steps=7"], "epochs": ["epochs=7"], "samples": ["samples=7"],
  "objective": ["objective=contrastive"], "objective.preset": ["objective.preset=caption"],
  "objective.contrastive": ["objective.contrastive={smoothing: 0.1}"],
  "objective.contrastive.loss": ["objective.contrastive.loss=sigmoid"],
  "objective.contrastive.positives": ["objective.contrastive.positives=[class, text]"],
  "objective.contrastive.smoothing": ["objective.contrastive.smoothing=0.1"],
  "objective.contrastive.scale": ["objective.contrastive.scale=20"],
  "objective.contrastive.bias": ["objective.contrastive={loss: sigmoid, bias: -7}"],
  "objective.caption": ["objective={preset: coca, caption: {smoothing: 0.1}}"],
  "objective.caption.prefix": ["objective={preset: coca, caption: {prefix: random}}"],
  "objective.caption.smoothing": ["objective={preset: coca, caption: {smoothing: 0.1}}"],
  "objective.classification": [classification("")],
  "objective.classification.classes": [classification("")],
  "objective.classification.labels": [classification(", labels: labels")],
  "objective.classification.loss": [classification(", loss: sigmoid")],
  "loss.classification": [classification(""), "loss.classification=3"],
  "loss": ["loss={caption: 1}"],
  "loss.contrastive": ["loss.contrastive=3"], "loss.caption": ["loss.caption=3"],
  "freeze": ["freeze=[imageEncoder]"],
  "optimizer": ["optimizer={lr: 1}"], "optimizer.name": ["optimizer.name=adamw"],
  "optimizer.lr": ["optimizer.lr=1"], "optimizer.beta1": ["optimizer.beta1=0.5"],
  "optimizer.beta2": ["optimizer.beta2=0.5"], "optimizer.epsilon": ["optimizer.epsilon=0.5"],
  "optimizer.weight_decay": ["optimizer.weight_decay=1"], "optimizer.clip": ["optimizer.clip=3"],
  "optimizer.decay": ["optimizer.decay=openclip"],
  "schedule": ["schedule={warmup: 3}"], "schedule.warmup": ["schedule.warmup=3"],
  "schedule.decay": ["schedule.decay=cosine"],
  "augment": ["augment=null"], "augment.crop": ["augment.crop=[0.5, 1]"],
  "augment.resize": ["augment.resize=2"], "augment.flip": ["augment.flip=true"],
  "precision": ["precision=bfloat16"], "recompute": ["recompute=blocks"],
  "contrastive_exchange": ["contrastive_exchange=ring"],
  "shard_optimizer": ["shard_optimizer=true"], "gradient_dtype": ["gradient_dtype=bfloat16"],
  "overlap": ["overlap=off"], "reproducible": ["reproducible=true"],
  "nonfinite": ["nonfinite=skip"], "deadline": ["deadline=10"],
  "checkpoint": ["checkpoint={keep: 9}"], "checkpoint.every": ["checkpoint.every=9"],
  "checkpoint.minutes": ["checkpoint.minutes=9"], "checkpoint.keep": ["checkpoint.keep=9"],
  "validation": ["validation={every: 9}"], "validation.every": ["validation.every=9"],
  "validation.sets": [set("")], "validation.sets.name": [set(", name: x")],
  "validation.sets.records": [set("")], "validation.sets.task": [set("")],
  "validation.sets.classes": [zeroShot("")], "validation.sets.limit": [set(", limit: 9")],
  "validation.sets.prompts": [zeroShot(", prompts: none")],
  "log": ["log={every: 9}"], "log.every": ["log.every=9"], "log.keys": ["log.keys=true"],
  "log.tensorboard": ["log.tensorboard=false"], "log.histograms": ["log.histograms=9"],
  "seed": ["seed=9"],
]

private func set(_ more: String) -> String {
  "validation.sets=[{records: v, task: retrieval\(more)}]"
}

private func classification(_ more: String) -> String {
  "objective={preset: classification, classification: {classes: c\(more)}}"
}

private func zeroShot(_ more: String) -> String {
  "validation.sets=[{records: v, task: zero-shot, classes: c\(more)}]"
}

@Suite("Every key of the run file")
struct RunConfigurationKeysTests {
  private static let keys = RunConfiguration.book.all.map(\.path)
    .filter { !$0.hasPrefix("model.") }

  @Test("has a place of its own, which is read, written and compared", arguments: keys)
  func wired(key: String) throws {
    let arguments = try #require(others[key], "give \(key) another value in `others`")
    let run = try parseRun(minimalRun, set: arguments)
    let before = try parseRun(minimalRun)
    let changed = run.differences(from: before).map { $0.key.split(separator: ".") }
      .map { $0.filter { Int($0) == nil }.joined(separator: ".") }
    #expect(
      changed.contains { $0 == key || $0.hasPrefix(key + ".") || key.hasPrefix($0 + ".") },
      "\(changed)")
    #expect(run != before)
    #expect(try parseRun(run.yaml()) == run)
    #expect(try RunConfiguration(json: run.json) == run)
  }

  @Test("is told with its type and meaning", arguments: keys)
  func told(key: String) throws {
    let entry = try #require(RunConfiguration.book.entry(key))
    #expect(!entry.type.isEmpty && !entry.meaning.isEmpty)
    #expect(!entry.meaning.contains("\n") && !entry.meaning.hasSuffix("."))
    let text = try KeysCommand.text(of: key)
    #expect(text.hasPrefix(key + "\n"))
    #expect(try KeysCommand.text(of: nil).contains(key + " "))
  }

  @Test("stands in one table of the documentation, as it is told here")
  func documentation() throws {
    let docs = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../docs/configuration.md").standardizedFileURL
    let text = try String(contentsOf: docs, encoding: .utf8)
    let names = KeyTables.names(in: text)
    #expect(names.sorted() == RunConfiguration.book.entries.map(\.name).sorted())
    let remade = try KeyTables(RunConfiguration.book).remade(text, name: "configuration.md")
    let isEqual = text == remade
    #expect(isEqual, "remake it: coca-train --keys --markdown docs/configuration.md")
  }

  @Test("a key that is unknown to --keys is answered with the nearest")
  func unknown() {
    let error = #expect(throws: ConfigurationError.self) { try KeysCommand.text(of: "overlapp") }
    #expect(
      error?.description == "--keys: overlapp: unknown key. Did you mean overlap?")
  }

  @Test("the model's own keys are told too")
  func model() throws {
    #expect(try KeysCommand.text(of: "model.image.size").contains("or [height, width]"))
    #expect(try KeysCommand.text(of: "model").contains("model.text.cls_mask"))
  }
}
