/// ROUGE-L (Lin 2004) by the rules of coco-caption: from the longest common subsequence of words,
/// the best precision and the best recall over the references, each by itself.
enum ROUGEL {
  private static let beta = 1.2

  static func score(_ pair: TokenizedPair) -> Double {
    let candidate = pair.candidate.spaced
    var precision = 0.0, recall = 0.0
    for reference in pair.references {
      let common = Double(longestCommon(candidate, reference.spaced))
      precision = max(precision, common / Double(candidate.count))
      recall = max(recall, common / Double(reference.spaced.count))
    }
    guard precision != 0, recall != 0 else { return 0 }
    let square = beta * beta
    return (1 + square) * precision * recall / (recall + square * precision)
  }

  /// The length of the longest common subsequence.
  private static func longestCommon(
    _ a: [TokenizedCaption.Word], _ b: [TokenizedCaption.Word]
  ) -> Int {
    var row = [Int](repeating: 0, count: b.count + 1)
    for word in a {
      var diagonal = 0
      for (place, other) in b.enumerated() {
        let above = row[place + 1]
        row[place + 1] = word == other ? diagonal + 1 : max(above, row[place])
        diagonal = above
      }
    }
    return row[b.count]
  }
}
