import CoCaModel
import Evaluation
import Foundation
import Records

extension ConfigurationReader {
  func sources() throws(ConfigurationError) -> [RunConfiguration.Source] {
    guard self["data"] != nil else { throw error("data", .missing) }
    let readers = try list("data")
    guard !readers.isEmpty else { throw unexpected("data", "at least one source") }
    var sources: [RunConfiguration.Source] = []
    for reader in readers {
      let text = try reader.sourceText()
      sources.append(
        RunConfiguration.Source(
          name: try reader.name(besides: sources.map(\.name)),
          records: try reader.texts("records").map(absolute),
          weight: try reader.weight(), text: text,
          prompts: try reader.prompts(isAllowed: text.hasLabels, "text: labels")))
    }
    let weights = sources.filter { $0.weight != nil }.count
    guard weights == 0 || weights == sources.count else {
      throw error("data", .conflict("some sources give a weight and some do not"))
    }
    return sources
  }

  /// Up to what a mixture counts in whole numbers.
  private func weight() throws(ConfigurationError) -> Double? {
    try number("weight", "a number above 0, up to 1e15") { 0 < $0 && $0 <= 1e15 }
  }

  /// One word, or weights of fields.
  private func sourceText() throws(ConfigurationError) -> RunConfiguration.Source.Text {
    guard case .map(let members)? = self["text"]?.value else {
      let word: SourceText = try choice("text", or: .caption)
      return word.text
    }
    var fields: [RunConfiguration.Source.Field] = []
    for (name, node) in members {
      let weight: Double? =
        switch node.value {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
      guard let weight, 0 < weight, weight <= 1e37 else {
        throw ConfigurationError(
          node.place, "\(path).text.\(name)",
          .unexpected(found: node.shown, expected: Self.aboveZero))
      }
      guard name != "tokens" else {
        throw error("text", .conflict("tokens are no text that could be drawn among others"))
      }
      fields.append(RunConfiguration.Source.Field(name: name, weight: weight))
    }
    guard !fields.isEmpty else { throw unexpected("text", "at least one field with its weight") }
    return .fields(fields.sorted { $0.name < $1.name })
  }

  /// The given name, else the records as written, made different from those taken.
  private func name(besides taken: [String]) throws(ConfigurationError) -> String {
    if let name = try text("name") {
      guard !taken.contains(name) else {
        throw error("name", .conflict("\"\(name)\" is the name of another one too"))
      }
      return name
    }
    let written = try texts("records").joined(separator: "+")
    var name = written
    var number = 2
    while taken.contains(name) {
      name = "\(written)-\(number)"
      number += 1
    }
    return name
  }

  private func prompts(
    isAllowed: Bool, _ partner: String
  ) throws(ConfigurationError) -> RunConfiguration.PromptChoice? {
    guard isAllowed else {
      guard case nil = try text("prompts") else {
        throw error("prompts", .conflict("goes with \(partner) only"))
      }
      return nil
    }
    switch try text("prompts") {
    case nil, "default": return .standard
    case "none": return .off
    case let file?: return .file(absolute(file))
    }
  }

  /// Nil where the key is left out or null.
  func dataCache() throws(ConfigurationError) -> RunConfiguration.DataCache? {
    if case .null? = self["data_cache"]?.value { return nil }
    guard self["data_cache"] != nil else { return nil }
    let section = try section("data_cache")
    guard let folder = try section.file("folder") else { throw section.error("folder", .missing) }
    guard let text = try section.text("limit") else { throw section.error("limit", .missing) }
    guard let limit = ByteSize(text) else { throw section.unexpected("limit", "a size as 100GiB") }
    return RunConfiguration.DataCache(folder: folder, limit: limit)
  }

  func badSamples() throws(ConfigurationError) -> RunConfiguration.BadSamples {
    RunConfiguration.BadSamples(
      policy: try choice("policy", or: .skip),
      limit: try required("limit", or: 0.01, "a number from 0 to 1", fraction("limit")))
  }

  /// The weights of an objective's terms.
  func loss(of objective: ObjectiveName) throws(ConfigurationError) -> [String: Double] {
    var weights: [String: Double] = [:]
    for term in LossTerms.all {
      let own = objective.terms.first { $0.term.name == term.name }
      let weight = try nonnegative(term.name, or: own?.weight ?? 0)
      guard own != nil || weight == 0 else {
        throw error(
          term.name, .conflict("objective \(objective.rawValue) has no such term to weigh"))
      }
      if own != nil { weights[term.name] = weight }
    }
    guard weights.values.contains(where: { $0 > 0 }) else {
      throw error(weights.keys.max() ?? "", .conflict("all weights are 0"))
    }
    return weights
  }

  func optimizer() throws(ConfigurationError) -> RunConfiguration.Optimizer {
    let name: RunConfiguration.Optimizer.Name = try choice("name", or: .adafactor)
    // Computed with in float32: what is rounded to 1 there would divide by 0.
    let below1 = { (value: Double) in value >= 0 && Float(value) < 1 }
    let moment = "a number from 0 to 0.9999999"
    return RunConfiguration.Optimizer(
      name: name, lr: try required("lr", or: 8e-4, Self.aboveZero, positive("lr")),
      beta1: try required("beta1", or: 0.9, moment, number("beta1", moment, where: below1)),
      beta2: try required("beta2", or: 0.999, moment, number("beta2", moment, where: below1)),
      // A float32 must hold it: with 0 a gradient of zeros would become 0/0.
      epsilon: try number("epsilon", "a number from 1e-37 to 1") { (1e-37...1).contains($0) }
        ?? (name == .adafactor ? 1e-30 : 1e-8),
      weightDecay: try nonnegative("weight_decay", or: 0.01),
      clip: self["clip"] == nil ? 1 : try positive("clip"),
      decay: try choice("decay", or: .matrices))
  }

  func schedule() throws(ConfigurationError) -> RunConfiguration.Schedule {
    let expected = "a fraction below 1 or a whole number of steps"
    let given = try number("warmup", expected) { 0 <= $0 && ($0 < 1 || Int(exactly: $0) != nil) }
    let warmup = try required("warmup", or: 0.02, expected, given)
    return RunConfiguration.Schedule(
      warmup: warmup < 1 ? .fraction(warmup) : .steps(Int(warmup)),
      decay: try choice("decay", or: .linear))
  }

  func saving() throws(ConfigurationError) -> RunConfiguration.Saving {
    let minutes = try number("minutes", "a number above 0, up to 1e9") { 0 < $0 && $0 <= 1e9 }
    return RunConfiguration.Saving(
      every: self["every"] == nil ? 1000 : try integer("every", in: 1...Int.max),
      minutes: self["minutes"] == nil ? 30 : minutes,
      keep: self["keep"] == nil ? 3 : try integer("keep", in: 1...Int.max))
  }

  func log() throws(ConfigurationError) -> RunConfiguration.Log {
    RunConfiguration.Log(
      every: try integer("every", or: 1, in: 1...Int.max), keys: try flag("keys", or: false),
      tensorboard: try flag("tensorboard", or: true),
      histograms: try integer("histograms", in: 1...Int.max))
  }

  func validation() throws(ConfigurationError) -> RunConfiguration.Validation {
    var sets: [RunConfiguration.Validation.Set] = []
    for reader in try list("sets") {
      sets.append(try reader.validationSet(besides: sets.map(\.name)))
    }
    return RunConfiguration.Validation(
      every: try integer("every", or: 1000, in: 1...Int.max), sets: sets)
  }

  private func validationSet(
    besides taken: [String]
  ) throws(ConfigurationError) -> RunConfiguration.Validation.Set {
    guard self["task"] != nil else { throw error("task", .missing) }
    let task: TaskName = try choice("task", or: TaskName(LossTask.self))
    let options = try options(of: task.task)
    return RunConfiguration.Validation.Set(
      name: try name(besides: taken), records: try texts("records").map(absolute), task: task,
      options: options, limit: try integer("limit", in: 1...Int.max))
  }

  private func options(
    of task: any EvaluationTask.Type
  ) throws(ConfigurationError) -> TaskValues {
    var values = TaskValues()
    for option in EvaluationTasks.keys {
      let value = try value(of: option)
      guard task.options.contains(option) else {
        guard value == nil else {
          let names = EvaluationTasks.names(with: option).joined(separator: ", ")
          throw error(option.key, .conflict("goes with task: \(names) only"))
        }
        continue
      }
      guard value != nil || !option.isRequired else { throw error(option.key, .missing) }
      values[option] = value ?? option.standard.map(TaskValues.Value.text)
    }
    return values
  }

  private func value(of option: TaskOption) throws(ConfigurationError) -> TaskValues.Value? {
    switch option.kind {
    case .file(let words):
      try text(option.key).map { .text(words.contains($0) ? $0 : absolute($0)) }
    case .text: try text(option.key).map(TaskValues.Value.text)
    case .number(let range): try integer(option.key, in: range).map(TaskValues.Value.number)
    case .flag, .unavailable: nil
    }
  }
}

private enum SourceText: String, CaseIterable {
  case caption, labels, tokens

  var text: RunConfiguration.Source.Text {
    switch self {
    case .caption: .caption
    case .labels: .labels
    case .tokens: .tokens
    }
  }
}

extension RunConfiguration.Source.Text {
  fileprivate var hasLabels: Bool {
    guard case .fields(let fields) = self else { return self == .labels }
    return fields.contains { $0.name == "labels" }
  }
}
