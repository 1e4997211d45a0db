import CoCaModel

/// The options of `coca-eval caption`, under the names that they have in Hugging Face's `generate`.
struct CaptionOptions {
  static let all = [
    greedy, beam, lengthPenalty, earlyStopping, groups, diversityPenalty, sample, temperature, topK,
    topP, minP, seed, captions, repetitionPenalty, noRepeat, minimumNew, maximumNew, maximumTokens,
    prompt, score,
  ]

  static let greedy = TaskOption(
    "greedy", .flag, help: "Take the likeliest piece at every step (the default).")
  static let beam = TaskOption(
    "beam", or: "num-beams", .number(1...1000), help: "Search with so many beams.")
  static let lengthPenalty = TaskOption(
    "length-penalty", .decimal(-100...100),
    help: "With beams: scores are divided by length to this power (default: 1). "
      + "0: not at all; more favours long captions.")
  static let earlyStopping = TaskOption(
    "early-stopping", .choice(Beams.Stopping.allCases.map(\.rawValue)),
    help: "With beams: once there are as many captions as beams, stop at once (true), when a "
      + "better one is unlikely (false, the default), or when it is impossible (never).")
  static let groups = TaskOption(
    "num-beam-groups", .number(1...1000),
    help: "With beams: divide them into groups that avoid each other's pieces.")
  static let diversityPenalty = TaskOption(
    "diversity-penalty", .decimal(0...1e6),
    help: "With groups: what a piece loses for each beam of an earlier group that chose it.")
  static let sample = TaskOption(
    "sample", .flag, help: "Draw pieces by their probabilities; the next five imply it.")
  static let temperature = TaskOption(
    "temperature", .decimal(1e-3...1e3),
    help: "Below 1 likely pieces become likelier (default: 1).")
  static let topK = TaskOption(
    "top-k", .number(1...Int.max), help: "Draw from the K likeliest pieces alone.")
  static let topP = TaskOption(
    "top-p", .decimal(1e-6...1),
    help: "Draw from the likeliest pieces that have this probability together.")
  static let minP = TaskOption(
    "min-p", .decimal(0...1),
    help: "Leave out pieces less probable than this share of the likeliest.")
  static let seed = TaskOption(
    "seed", .number(0...Int.max), help: "Seed of the draws (default: 0).")
  static let captions = TaskOption(
    "num-return-sequences", .number(1...1000),
    help: "Captions of a picture: so many samples, or the best of the beams (default: 1).")
  static let repetitionPenalty = TaskOption(
    "repetition-penalty", .decimal(1e-3...1e3),
    help: "Above 1 pieces that have come already become less likely (default: 1).")
  static let noRepeat = TaskOption(
    "no-repeat-ngram-size", .number(1...1000), help: "No run of so many pieces comes twice.")
  static let minimumNew = TaskOption(
    "min-new-tokens", .number(0...Int.max), help: "Least pieces after the prompt.")
  static let maximumNew = TaskOption(
    "max-new-tokens", .number(1...Int.max), help: "Most pieces after the prompt, the end included.")
  static let maximumTokens = TaskOption(
    "max-tokens", .number(2...Int.max),
    help: "Most ids of a caption, start, prompt and end included (default: the model's context).")
  static let score = TaskOption(
    "score", .flag,
    help: "Also score each picture's first caption: beside its references, and by the model.")
  static let prompt = TaskOption(
    "prompt", .text, help: "Text that every caption begins with.", standard: "")

  private static let ofBeams = [lengthPenalty, earlyStopping, groups, diversityPenalty]
  private static let ofSamples = [sample, temperature, topK, topP, minP, seed]

  private let values: TaskValues

  init(_ values: TaskValues) { self.values = values }

  var settings: CaptionSettings {
    let rules = ScoreRules(
      repetitionPenalty: values.decimal(Self.repetitionPenalty) ?? 1,
      noRepeatNGram: values.number(Self.noRepeat), minimumNew: values.number(Self.minimumNew) ?? 0)
    let decoding = Decoding(
      method, rules: rules, captions: values.number(Self.captions) ?? 1)
    return CaptionSettings(
      decoding, prompt: values.text(Self.prompt), maximumTokens: values.number(Self.maximumTokens),
      maximumNewTokens: values.number(Self.maximumNew))
  }

  private var method: Decoding.Method {
    if let count = values.number(Self.beam) {
      let stopping = values.choice(Self.earlyStopping).flatMap(Beams.Stopping.init)
      return .beams(
        Beams(
          count, lengthPenalty: values.decimal(Self.lengthPenalty) ?? 1,
          stopping: stopping ?? .estimate, groups: values.number(Self.groups) ?? 1,
          diversityPenalty: values.decimal(Self.diversityPenalty) ?? 0))
    }
    guard Self.ofSamples.contains(where: values.has) else { return .greedy }
    return .samples(
      Sampling(
        temperature: values.decimal(Self.temperature) ?? 1, topK: values.number(Self.topK),
        topP: values.decimal(Self.topP), minP: values.decimal(Self.minP),
        seed: UInt64(values.number(Self.seed) ?? 0)))
  }

  /// Refuses options that contradict each other.
  func check() throws(EvaluationError) {
    let greedy = values.has(Self.greedy) ? Self.greedy : nil
    let beam = values.has(Self.beam) ? Self.beam : nil
    let samples = Self.ofSamples.first(where: values.has)
    let ways = [greedy, beam, samples].compactMap { $0 }
    if ways.count > 1 {
      throw contradiction(
        ways[1], "cannot go with --\(ways[0].name)", "Choose one of --greedy, --beam and --sample")
    }
    if beam == nil, let option = Self.ofBeams.first(where: values.has) {
      throw contradiction(option, "is for beams", "Add --beam N, or leave it out")
    }
    try checkGroups()
    try checkCounts()
  }

  private func checkGroups() throws(EvaluationError) {
    let beams = values.number(Self.beam) ?? 1, groups = values.number(Self.groups) ?? 1
    if beams % groups != 0 {
      throw contradiction(
        Self.groups, "\(beams) beams cannot be divided into \(groups) equal groups",
        "Give a divisor of \(beams)")
    }
    if groups > 1, (values.decimal(Self.diversityPenalty) ?? 0) == 0 {
      throw contradiction(
        Self.groups, "without a penalty all groups find the same captions",
        "Add --diversity-penalty, for example 0.5")
    }
    if groups == 1, values.has(Self.diversityPenalty) {
      throw contradiction(
        Self.diversityPenalty, "is for several groups", "Add --num-beam-groups, or leave it out")
    }
  }

  private func checkCounts() throws(EvaluationError) {
    let captions = values.number(Self.captions) ?? 1
    switch method {
    case .greedy where captions > 1:
      throw contradiction(
        Self.captions, "a greedy search finds one caption", "Add --beam or --sample")
    case .beams(let beams) where captions > beams.count:
      throw contradiction(
        Self.captions, "\(captions) captions are more than \(beams.count) beams",
        "Give at most \(beams.count), or more beams")
    default: break
    }
    if values.has(Self.maximumTokens), values.has(Self.maximumNew) {
      throw contradiction(
        Self.maximumNew, "cannot go with --\(Self.maximumTokens.name)", "Choose one of them")
    }
    if let least = values.number(Self.minimumNew), let most = values.number(Self.maximumNew),
      least > most
    {
      throw contradiction(
        Self.minimumNew, "\(least) is more than --\(Self.maximumNew.name) \(most)",
        "Give at most \(most)")
    }
  }

  private func contradiction(
    _ option: TaskOption, _ what: String, _ remedy: String
  ) -> EvaluationError {
    EvaluationError("--\(option.name)", .options(what, remedy: remedy))
  }
}
