/// How varied captions are, without references.
enum Diversity {
  /// distinct-n (Li et al. 2016): different runs of `length` words over all of them; 0 where there
  /// are none.
  static func distinct(_ length: Int, _ captions: [NGramCounts]) -> Double {
    var different = Set<NGram>(), all = 0
    for (gram, count) in captions.lazy.flatMap(\.grams) where gram.count == length {
      different.insert(gram)
      all += count
    }
    return all == 0 ? 0 : Double(different.count) / Double(all)
  }
}
