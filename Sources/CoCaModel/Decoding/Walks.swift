/// Captions that are made id by id, each for itself: greedy ones and samples.
struct Walks: CaptionSearch {
  /// Chooses an id of its scores, those of the rules; nil: none can come.
  typealias Choice = (_ scores: [Double], _ sample: Int, _ place: Int) -> Int?

  private let bounds: CaptionBounds
  private let rules: ScoreRules
  private let choose: Choice
  private var texts: [OpenText]
  /// The texts that are not finished, by their numbers.
  private var unfinished: [Int]
  private var hasBegun = false

  init(_ bounds: CaptionBounds, _ rules: ScoreRules, count: Int, by choose: @escaping Choice) {
    (self.bounds, self.rules, self.choose) = (bounds, rules, choose)
    texts = Array(repeating: OpenText(prompt: bounds.prompt), count: count)
    unfinished = bounds.prompt.count < bounds.maximum ? Array(0..<count) : []
  }

  var open: [OpenText] { (hasBegun ? unfinished[...] : unfinished.prefix(1)).map { texts[$0] } }

  var captions: [ScoredCaption] {
    texts.map { $0.caption($0.logProbability, after: bounds, power: 1) }
  }

  mutating func advance(_ scores: [[Double]]) {
    var next: [Int] = []
    for (place, number) in unfinished.enumerated() {
      let row = hasBegun ? place : 0, text = texts[number]
      var processed = scores[row]
      rules.apply(to: &processed, after: text.ids, bounds)
      guard let id = choose(processed, number, text.ids.count) else { continue }
      let logProbability = scores[row][id] - scores[row].logSumExp
      guard logProbability.isFinite else { continue }
      texts[number] = text.adding(id, sum: 0, logProbability, parent: row)
      if !bounds.isFinished(texts[number]) { next.append(number) }
    }
    unfinished = next
    hasBegun = true
  }
}
