import Records

/// Which samples are dropped on purpose: ALIGN's rules, and copies of pictures.
///
/// - Source: ALIGN (arXiv 2102.05918) §3.
public struct PackFilters: Sendable, Equatable {
  public enum Duplicates: String, Sendable, CaseIterable {
    case keep
    /// Drops pictures whose files are equal byte for byte.
    case exact
    /// Drops pictures that look alike, too.
    case near
  }

  /// The fewest pixels of a picture's shorter side.
  public var minimumSide: Int?
  /// The most that the longer side may be, as a multiple of the shorter one.
  public var maximumAspect: Double?
  public var minimumWords: Int?
  public var maximumWords: Int?
  /// A text that belongs to more images than this is dropped.
  public var maximumShared: Int?
  /// A text is dropped if it has a word that occurs fewer times than this in all texts.
  public var rareWord: Int?
  public var duplicates = Duplicates.keep

  public init() {}

  var hasTextRules: Bool {
    minimumWords != nil || maximumWords != nil || countsTexts
  }

  /// Whether the texts must be counted before any is packed.
  var countsTexts: Bool { maximumShared != nil || rareWord != nil }

  func check() throws(PackingError) {
    let numbers = [
      ("--min-side", minimumSide), ("--min-words", minimumWords), ("--max-words", maximumWords),
      ("--max-shared", maximumShared), ("--rare-word", rareWord),
    ]
    for case (let option, let number?) in numbers where number < 1 {
      throw PackingError(option, .setting("\(number) is not above 0"))
    }
    if let maximumAspect, !(maximumAspect >= 1) {
      throw PackingError("--max-aspect", .setting("\(maximumAspect) is not 1 or more"))
    }
    if let minimumWords, let maximumWords, minimumWords > maximumWords {
      let why = "\(minimumWords) is above --max-words \(maximumWords)"
      throw PackingError("--min-words", .setting(why))
    }
  }

  /// The rule that a picture of this size breaks.
  func rule(width: Int, height: Int) -> DropRule? {
    let shorter = min(width, height), longer = max(width, height)
    if let minimumSide, shorter < minimumSide { return .small }
    if let maximumAspect, Double(longer) > maximumAspect * Double(shorter) { return .oblong }
    return nil
  }
}

/// Why something was dropped on purpose.
public enum DropRule: String, Sendable, Codable, CaseIterable, CodingKeyRepresentable {
  case small, oblong
  case fewWords, manyWords, shared, rare
  /// No text is left.
  case noText
  case copy, alike
  /// A copy or look-alike of a picture of `--against`.
  case evaluated

  /// Whether it counts texts; otherwise it counts samples.
  public var isOfTexts: Bool {
    switch self {
    case .fewWords, .manyWords, .shared, .rare: true
    default: false
    }
  }

  var text: String {
    switch self {
    case .small: "with too short a side"
    case .oblong: "too long for their width"
    case .fewWords: "with too few words"
    case .manyWords: "with too many words"
    case .shared: "shared by too many images"
    case .rare: "with a rare word"
    case .noText: "with no text left"
    case .copy: "copies of others"
    case .alike: "that look like others"
    case .evaluated: "of an evaluation set"
    }
  }
}

/// How many samples and texts each rule dropped.
public struct DropCounts: Sendable, Equatable, Codable {
  private var counts: [DropRule: Int] = [:]

  public init() {}

  public subscript(rule: DropRule) -> Int { counts[rule, default: 0] }

  public var samples: Int { counts.reduce(0) { $0 + ($1.key.isOfTexts ? 0 : $1.value) } }

  mutating func add(_ rule: DropRule, _ count: Int = 1) { counts[rule, default: 0] += count }

  mutating func add(_ others: DropCounts) { counts.merge(others.counts, uniquingKeysWith: +) }

  /// `dropped 12 samples (7 with too short a side, 5 with no text left) and 9 texts (…)`; nil where
  /// nothing was dropped.
  public var text: String? {
    func list(_ isOfTexts: Bool, _ name: String) -> String? {
      let rules = DropRule.allCases.filter { $0.isOfTexts == isOfTexts && self[$0] > 0 }
      if rules.isEmpty { return nil }
      let parts = rules.map { "\(self[$0]) \($0.text)" }.joined(separator: ", ")
      return "\(rules.reduce(0) { $0 + self[$1] }.counted(name)) (\(parts))"
    }
    let parts = [list(false, "sample"), list(true, "text")].compactMap { $0 }
    return parts.isEmpty ? nil : "dropped " + parts.joined(separator: " and ")
  }
}
