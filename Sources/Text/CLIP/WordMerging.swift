extension CLIPMerges {
  /// Byte pair encoding of one word. Of all neighbours that can merge, the pair with the earliest
  /// merge is merged, everywhere from left to right; this is repeated until no pair can merge.
  ///
  /// A new symbol takes part only in later merges, so it is the same to make one merge at a time:
  /// the earliest, at its leftmost place. A heap avoids quadratic time for a long word.
  package func merge(_ word: [Int32]) -> [Int32] {
    guard word.count > 1 else { return word }
    var merging = WordMerging(word, merged)
    return merging.run()
  }
}

/// A word as a chain of symbols; -1 where a symbol was merged into the one before it.
private struct WordMerging {
  private let merged: [CLIPMerges.Pair: Int32]
  private var symbols: [Int32]
  private var next: [Int]
  private var previous: [Int]
  private var waiting = LowestFirst()

  init(_ word: [Int32], _ merged: [CLIPMerges.Pair: Int32]) {
    self.merged = merged
    symbols = word
    next = Array(1...word.count)
    previous = Array(-1..<word.count - 1)
  }

  mutating func run() -> [Int32] {
    for place in symbols.indices { consider(place) }
    while let (id, place) = waiting.take() { apply(id, at: place) }
    return symbols.filter { $0 >= 0 }
  }

  /// What the symbols at `place` and after it become.
  private func merge(at place: Int) -> Int32? {
    guard symbols[place] >= 0, next[place] < symbols.count else { return nil }
    return merged[CLIPMerges.Pair(symbols[place], symbols[next[place]])]
  }

  private mutating func consider(_ place: Int) {
    if let id = merge(at: place) { waiting.add(id, place) }
  }

  private mutating func apply(_ id: Int32, at place: Int) {
    // Another merge may have taken one of the two in the meantime.
    guard merge(at: place) == id else { return }
    let taken = next[place]
    symbols[place] = id
    symbols[taken] = -1
    next[place] = next[taken]
    if next[place] < symbols.count { previous[next[place]] = place }
    if previous[place] >= 0 { consider(previous[place]) }
    consider(place)
  }
}

/// A heap of ids with their places; the lowest id comes first, and of equal ids the lowest place.
private struct LowestFirst {
  private var keys: [UInt64] = []

  mutating func add(_ id: Int32, _ place: Int) {
    var child = keys.count
    keys.append(UInt64(UInt32(bitPattern: id)) << 32 | UInt64(UInt32(truncatingIfNeeded: place)))
    while child > 0, keys[child] < keys[(child - 1) / 2] {
      keys.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func take() -> (id: Int32, place: Int)? {
    guard let key = keys.first, let last = keys.popLast() else { return nil }
    if !keys.isEmpty {
      keys[0] = last
      settle()
    }
    return (Int32(key >> 32), Int(key & 0xFFFF_FFFF))
  }

  private mutating func settle() {
    var parent = 0
    while 2 * parent + 1 < keys.count {
      var child = 2 * parent + 1
      if child + 1 < keys.count, keys[child + 1] < keys[child] { child += 1 }
      if keys[parent] <= keys[child] { return }
      keys.swapAt(parent, child)
      parent = child
    }
  }
}
