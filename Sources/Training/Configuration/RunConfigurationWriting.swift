import Checkpoints
import JSON

extension RunConfiguration {
  /// All keys as a run file, in the order of the documentation; reading it gives an equal value.
  public func yaml() throws -> String { try ConfigurationYAML.text(node) }

  /// All keys as JSON, for `state.json`; reading it gives an equal value.
  public var json: JSONValue { node.json }

  var node: ConfigurationNode {
    .map([
      ("model", model.map(\.node) ?? .nothing), ("init", .text(initial)),
      ("tokenizer", .text(tokenizer)), ("data", .list(data.map(\.node))),
      ("data_cache", dataCache.map(\.node) ?? .nothing), ("bad_samples", badSamples.node),
      ("batch", .integer(batch)), ("lanes", .integer(lanes)),
      ("microbatch", .integer(microbatch)), length.member,
      ("objective", .text(objective.rawValue)),
      ("loss", .map(objective.terms.map { ($0.term.name, .number(loss[$0.term.name])) })),
      ("optimizer", optimizer.node), ("schedule", schedule.node),
      ("augment", augment.map(\.node) ?? .nothing),
      ("precision", .text(precision.rawValue)), ("recompute", .text(recompute.rawValue)),
      ("contrastive_exchange", .text(contrastiveExchange.rawValue)),
      ("shard_optimizer", .flag(shardOptimizer)),
      ("gradient_dtype", .text(gradientType.rawValue)),
      ("overlap", .text(overlap.rawValue)), ("reproducible", .flag(reproducible)),
      ("nonfinite", .text(nonfinite.rawValue)),
      ("deadline", .number(deadline)), ("checkpoint", checkpoint.node),
      ("validation", validation.node), ("log", log.node), ("seed", .integer(Int(seed))),
    ])
  }
}

extension ConfigurationNode {
  typealias Member = (key: String, node: ConfigurationNode)

  static var nothing: ConfigurationNode { ConfigurationNode(.null) }

  static func map(_ members: [Member]) -> ConfigurationNode { ConfigurationNode(.map(members)) }

  static func list(_ items: [ConfigurationNode]) -> ConfigurationNode {
    ConfigurationNode(.list(items))
  }

  static func text(_ text: String?) -> ConfigurationNode {
    text.map { ConfigurationNode(.text($0)) } ?? .nothing
  }

  static func integer(_ value: Int?) -> ConfigurationNode {
    value.map { ConfigurationNode(.integer($0)) } ?? .nothing
  }

  static func number(_ value: Double?) -> ConfigurationNode {
    value.map { ConfigurationNode(.number($0)) } ?? .nothing
  }

  static func flag(_ value: Bool) -> ConfigurationNode { ConfigurationNode(.bool(value)) }
}

extension RunConfiguration.Model {
  fileprivate var node: ConfigurationNode {
    switch self {
    case .preset(let name): return .text(name)
    case .file(let path): return .text(path)
    case .mapping(let tree, let base):
      var members = tree.object ?? [:]
      if let base { members["preset"] = .string(base) }
      return ConfigurationNode(json: .object(members), place: "")
    }
  }
}

extension RunConfiguration.Length {
  fileprivate var member: ConfigurationNode.Member {
    switch self {
    case .steps(let count): ("steps", .integer(count))
    case .epochs(let count): ("epochs", .number(count))
    case .samples(let count): ("samples", .integer(count))
    }
  }
}

extension RunConfiguration.PromptChoice {
  fileprivate var node: ConfigurationNode {
    switch self {
    case .standard: .text("default")
    case .off: .text("none")
    case .file(let path): .text(path)
    }
  }
}

extension RunConfiguration.Source {
  fileprivate var node: ConfigurationNode {
    var members: [ConfigurationNode.Member] = [
      ("name", .text(name)), ("records", .list(records.map { .text($0) })),
    ]
    if let weight { members.append(("weight", .number(weight))) }
    members.append(("text", text.node))
    if let prompts { members.append(("prompts", prompts.node)) }
    return .map(members)
  }
}

extension RunConfiguration.DataCache {
  fileprivate var node: ConfigurationNode {
    .map([("folder", .text(folder)), ("limit", .text("\(limit)"))])
  }
}

extension RunConfiguration.Source.Text {
  fileprivate var node: ConfigurationNode {
    switch self {
    case .caption: .text("caption")
    case .labels: .text("labels")
    case .tokens: .text("tokens")
    case .fields(let fields): .map(fields.map { ($0.name, .number($0.weight)) })
    }
  }
}

extension RunConfiguration.BadSamples {
  fileprivate var node: ConfigurationNode {
    .map([("policy", .text(policy.rawValue)), ("limit", .number(limit))])
  }
}

extension RunConfiguration.Optimizer {
  fileprivate var node: ConfigurationNode {
    .map([
      ("name", .text(name.rawValue)), ("lr", .number(lr)), ("beta1", .number(beta1)),
      ("beta2", .number(beta2)), ("epsilon", .number(epsilon)),
      ("weight_decay", .number(weightDecay)), ("clip", .number(clip)),
      ("decay", .text(decay.rawValue)),
    ])
  }
}

extension RunConfiguration.Schedule {
  fileprivate var node: ConfigurationNode {
    let value: ConfigurationNode =
      switch warmup {
      case .fraction(let part): .number(part)
      case .steps(let count): .integer(count)
      }
    return .map([("warmup", value), ("decay", .text(decay.rawValue))])
  }
}

extension RunConfiguration.Augment {
  fileprivate var node: ConfigurationNode {
    if let resize { return .map([("resize", .number(resize)), ("flip", .flag(flip))]) }
    return .map([
      ("crop", .list([.number(crop.lowerBound), .number(crop.upperBound)])), ("flip", .flag(flip)),
    ])
  }
}

extension RunConfiguration.Saving {
  fileprivate var node: ConfigurationNode {
    .map([("every", .integer(every)), ("minutes", .number(minutes)), ("keep", .integer(keep))])
  }
}

extension RunConfiguration.Validation {
  fileprivate var node: ConfigurationNode {
    .map([("every", .integer(every)), ("sets", .list(sets.map(\.node)))])
  }
}

extension RunConfiguration.Validation.Set {
  fileprivate var node: ConfigurationNode {
    var members: [ConfigurationNode.Member] = [
      ("name", .text(name)), ("records", .list(records.map { .text($0) })),
      ("task", .text(task.rawValue)),
    ]
    for option in task.task.options where option.isKey {
      let value: ConfigurationNode =
        switch options[option] {
        case .text(let text): .text(text)
        case .number(let number): .integer(number)
        case nil: .nothing
        }
      members.append((option.key, value))
    }
    members.append(("limit", .integer(limit)))
    return .map(members)
  }
}

extension RunConfiguration.Log {
  fileprivate var node: ConfigurationNode {
    .map([
      ("every", .integer(every)), ("keys", .flag(keys)), ("tensorboard", .flag(tensorboard)),
      ("histograms", .integer(histograms)),
    ])
  }
}
