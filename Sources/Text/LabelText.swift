import Tensors

/// Labels as text, so that annotated pictures and captioned ones train the same model.
public enum LabelText {
  /// The labels shuffled, joined by ", " and put into a prompt, all drawn from `random`;
  /// empty without labels.
  ///
  /// - Source: CoCa (arXiv 2205.01917) §4.1, annotations as text.
  public static func text(labels: [String], prompts: Prompts, random: CounterRandom) -> String {
    if labels.isEmpty { return "" }
    // Index 0 is free: `shuffled` draws from index 1 on.
    let template = random.below(prompts.templates.count, at: 0)
    let name = random.shuffled(labels).joined(separator: ", ")
    return prompts.fill(template: template, name: name)
  }
}
