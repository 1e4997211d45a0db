import Foundation
import Tensors

/// Labels as text, so that annotated pictures and captioned ones train the same model.
///
/// A label may have synonyms, `wren|Troglodytes`, of which one is drawn. It may come after more
/// general labels, `animal > bird > wren`; each of these is named with a probability of one half.
public enum LabelText {
  /// The labels shuffled, joined by ", " and put into a prompt, all drawn from `random`;
  /// empty without labels.
  ///
  /// - Source: CoCa (arXiv 2205.01917) §4.1, annotations as text.
  public static func text(labels: [String], prompts: Prompts, random: CounterRandom) -> String {
    if labels.isEmpty { return "" }
    // Index 0 is free: `shuffled` draws from index 1 on, and names are drawn far above that.
    let template = random.below(prompts.templates.count, at: 0)
    let name = random.shuffled(names(labels, random)).joined(separator: ", ")
    return prompts.fill(template: template, name: name)
  }

  /// The labels in their order, by their first names, without the more general labels.
  public static func plain(labels: [String]) -> String {
    labels.map { levels($0).last?.first ?? $0 }.joined(separator: ", ")
  }

  /// The names that were drawn, each once, in the order of the labels.
  private static func names(_ labels: [String], _ random: CounterRandom) -> [String] {
    var names: [String] = [], seen = Set<String>()
    var draws: UInt64 = 1 << 32
    func below(_ count: Int) -> Int {
      draws += 1
      return random.below(count, at: draws)
    }
    for label in labels {
      let levels = levels(label)
      guard let own = levels.last else { continue }
      for level in levels.dropLast() where below(2) == 0 {
        let name = level[below(level.count)]
        if seen.insert(name).inserted { names.append(name) }
      }
      let name = own[own.count == 1 ? 0 : below(own.count)]
      if seen.insert(name).inserted { names.append(name) }
    }
    return names
  }

  /// For each level, the most general first, its synonyms; the label itself where it has no name.
  private static func levels(_ label: String) -> [[String]] {
    guard label.utf8.contains(where: { $0 == UInt8(ascii: "|") || $0 == UInt8(ascii: ">") }) else {
      return [[label]]
    }
    let levels = label.components(separatedBy: " > ").map { level in
      level.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        .filter { !$0.isEmpty }
    }.filter { !$0.isEmpty }
    return levels.isEmpty ? [[label]] : levels
  }
}
