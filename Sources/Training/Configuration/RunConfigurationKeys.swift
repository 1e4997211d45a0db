import Evaluation

/// Every key of a run file, and how a wrong one is answered.
package enum RunConfigurationKeys {
  /// By the path of the mapping they stand in; `data` and `validation.sets` are lists of such.
  package static let sections: [String: [String]] = [
    "": [
      "model", "init", "tokenizer", "data", "data_cache", "bad_samples",
      "batch", "lanes", "microbatch",
      "steps", "epochs", "samples", "objective", "loss", "optimizer", "schedule", "augment", "precision",
      "recompute", "contrastive_exchange", "shard_optimizer", "gradient_dtype", "overlap",
      "reproducible", "nonfinite", "deadline", "checkpoint", "validation", "log", "seed",
    ],
    "data": ["name", "records", "weight", "text", "prompts"],
    "data_cache": ["folder", "limit"],
    "bad_samples": ["policy", "limit"],
    "loss": ["contrastive", "caption"],
    "optimizer": [
      "name", "lr", "beta1", "beta2", "epsilon", "weight_decay", "clip", "decay",
    ],
    "schedule": ["warmup", "decay"],
    "augment": ["crop", "resize", "flip"],
    "checkpoint": ["every", "minutes", "keep"],
    "validation": ["every", "sets"],
    "validation.sets":
      ["name", "records", "task"] + EvaluationTasks.keys.map(\.key) + ["limit"],
    "log": ["every", "keys", "tensorboard", "histograms"],
  ]

  /// Every key's path, `data` and `validation.sets` without an index.
  package static var all: [String] {
    sections.flatMap { section, keys in
      keys.map { section.isEmpty ? $0 : "\(section).\($0)" }
    }.sorted()
  }

  /// Keys of later versions.
  static let unavailable: [String: [String]] = [
    "validation.sets": ["beam", "greedy", "top_p", "top_k", "max_tokens", "prompt", "temperature"]
  ]

  static func known(beside key: String) -> [String] {
    sections[section(of: key)] ?? []
  }

  /// `data.0.weigth` stands in `data`.
  static func section(of key: String) -> String {
    key.split(separator: ".").dropLast().filter { Int($0) == nil }.joined(separator: ".")
  }

  /// What an unknown key's writer should write instead, if that can be guessed.
  static func suggestion(for key: String) -> String? {
    let name = normal(String(key.split(separator: ".").last ?? ""))
    let section = section(of: key)
    if known(beside: key).contains(name) { return "Write \(name)" }
    if let hint = RunConfigurationHints.openClip[name] { return hint }
    var best: (distance: Int, path: String)?
    for (candidateSection, keys) in sections.sorted(by: { $0.key < $1.key }) {
      for candidate in keys {
        let isElsewhere = candidateSection != section
        let distance = editDistance(name, candidate) * 2 + (isElsewhere ? 1 : 0)
        let path = candidateSection.isEmpty ? candidate : "\(candidateSection).\(candidate)"
        if distance < best?.distance ?? .max { best = (distance, isElsewhere ? path : candidate) }
      }
    }
    guard let best, best.distance / 2 <= max(1, name.count / 3) else { return nil }
    return "Did you mean \(best.path)?"
  }

  private static func normal(_ key: String) -> String {
    let name = key.lowercased().replacing("-", with: "_")
    return String(name.drop { $0 == "_" })
  }

  /// Insertions, removals, replacements and swaps of neighbours that turn one into the other.
  static func editDistance(_ left: String, _ right: String) -> Int {
    let a = Array(left.utf8.prefix(64))
    let b = Array(right.utf8.prefix(64))
    var table = [[Int]](repeating: Array(0...b.count), count: a.count + 1)
    for i in 0...a.count { table[i][0] = i }
    for i in 0..<a.count {
      for j in 0..<b.count {
        let replaced = table[i][j] + (a[i] == b[j] ? 0 : 1)
        var cost = min(replaced, table[i][j + 1] + 1, table[i + 1][j] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          cost = min(cost, table[i - 1][j - 1] + 1)
        }
        table[i + 1][j + 1] = cost
      }
    }
    return table[a.count][b.count]
  }
}
