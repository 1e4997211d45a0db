/// Up to four words in a row, as numbers.
struct NGram: Hashable {
  private var words = SIMD4<Int32>(repeating: -1)
  let count: Int

  init(_ numbers: ArraySlice<Int32>) {
    count = numbers.count
    for (place, number) in numbers.enumerated() { words[place] = number }
  }

  static func == (a: NGram, b: NGram) -> Bool { a.words == b.words }

  func hash(into hasher: inout Hasher) { hasher.combine(words) }
}

/// How often each run of one to four words is in a caption.
struct NGramCounts {
  static let longest = 4

  let wordCount: Int
  /// In the order of their first place.
  private(set) var grams: [(gram: NGram, count: Int)] = []
  private var places: [NGram: Int] = [:]

  init(_ words: [Int32]) {
    wordCount = words.count
    for length in 1...Self.longest {
      for start in 0..<max(0, words.count - length + 1) {
        let gram = NGram(words[start..<start + length])
        if let place = places[gram] {
          grams[place].count += 1
        } else {
          places[gram] = grams.count
          grams.append((gram, 1))
        }
      }
    }
  }

  /// The gram's place in `grams`.
  func place(of gram: NGram) -> Int? { places[gram] }

  func count(of gram: NGram) -> Int { places[gram].map { grams[$0].count } ?? 0 }
}

/// A pair's captions as counts.
struct CountedPair {
  let candidate: NGramCounts
  let references: [NGramCounts]

  static func all(_ pairs: [TokenizedPair]) -> [CountedPair] {
    var numbers: [TokenizedCaption.Word: Int32] = [:]
    func count(_ caption: TokenizedCaption) -> NGramCounts {
      NGramCounts(caption.words.map { word in
        if let number = numbers[word] { return number }
        let number = Int32(clamping: numbers.count)
        numbers[word] = number
        return number
      })
    }
    return pairs.map {
      CountedPair(candidate: count($0.candidate), references: $0.references.map(count))
    }
  }
}
