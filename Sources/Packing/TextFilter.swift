import CXXHash

/// Drops texts by their words and by how often they and their words occur in the whole input.
struct TextFilter: Sendable {
  let filters: PackFilters
  var counts = TextCounts()

  /// Drops captions that break a rule; returns how many were dropped by each rule.
  func apply(to captions: inout [String]) -> DropCounts {
    var dropped = DropCounts()
    captions.removeAll { caption in
      guard let rule = rule(for: caption) else { return false }
      dropped.add(rule)
      return true
    }
    return dropped
  }

  private func rule(for caption: String) -> DropRule? {
    let words = Self.words(caption)
    if let least = filters.minimumWords, words.count < least { return .fewWords }
    if let most = filters.maximumWords, words.count > most { return .manyWords }
    if let most = filters.maximumShared, counts.images(of: words) > most { return .shared }
    if let least = filters.rareWord, words.contains(where: { counts.uses(of: $0) < least }) {
      return .rare
    }
    return nil
  }

  /// The parts between spaces that have a letter or a digit, in lower case and without surrounding
  /// punctuation.
  static func words(_ text: String) -> [String] {
    text.lowercased().split(whereSeparator: \.isWhitespace).compactMap { part in
      let isWord = { (character: Character) in character.isLetter || character.isNumber }
      guard let first = part.firstIndex(where: isWord), let last = part.lastIndex(where: isWord)
      else { return nil }
      return String(part[first...last])
    }
  }
}

/// How many images have a text, and how often a word occurs in all texts; exact except for equal
/// hashes. Memory: 24 to 48 bytes for each different text and word.
struct TextCounts: Sendable {
  /// The counts of one row, made on any thread.
  struct Row: Sendable {
    var texts = Set<UInt64>()
    var words: [UInt64] = []

    init(_ captions: [String]) {
      for caption in captions {
        let words = TextFilter.words(caption)
        texts.insert(TextCounts.hash(words))
        self.words += words.map { TextCounts.hash($0) }
      }
    }
  }

  private var images: [UInt64: UInt32] = [:]
  private var words: [UInt64: UInt32] = [:]

  mutating func add(_ row: Row, for filters: PackFilters) {
    if filters.maximumShared != nil {
      for text in row.texts { images[text, default: 0] &+= 1 }
    }
    if filters.rareWord != nil {
      for word in row.words { words[word, default: 0] &+= 1 }
    }
  }

  /// How many images have a text with these words, whatever its spaces, punctuation and capitals.
  func images(of words: [String]) -> Int { Int(images[Self.hash(words)] ?? 0) }

  func uses(of word: String) -> Int { Int(words[Self.hash(word)] ?? 0) }

  private static func hash(_ words: [String]) -> UInt64 { hash(words.joined(separator: " ")) }

  private static func hash(_ text: String) -> UInt64 {
    var text = text
    return text.withUTF8 { XXH64($0.baseAddress, $0.count, 0) }
  }
}
