import Foundation

/// How a search by beams goes.
public struct Beams: Sendable, Equatable {
  /// When the search for an image's captions stops, if it has as many as beams.
  public enum Stopping: String, Sendable, CaseIterable {
    /// Once the best open text, at its present length, is no better than the worst caption.
    case estimate = "false"
    /// At once.
    case atOnce = "true"
    /// Once the best open text could not become better at the greatest length.
    case never
  }

  /// Texts that are kept at every step.
  public var count: Int
  /// A caption's score is its sum divided by its number of new ids to this power: 0 is the plain
  /// sum, more favours long captions.
  public var lengthPenalty: Double
  public var stopping: Stopping
  /// Searches of `count / groups` beams each, one after another within each step.
  public var groups: Int
  /// Taken from an id's log-probability for each beam of an earlier group that has just chosen it.
  public var diversityPenalty: Double

  public init(
    _ count: Int, lengthPenalty: Double = 1, stopping: Stopping = .estimate, groups: Int = 1,
    diversityPenalty: Double = 0
  ) {
    precondition(count > 0 && groups > 0 && count % groups == 0, "groups of equal numbers of beams")
    (self.count, self.lengthPenalty, self.stopping) = (count, lengthPenalty, stopping)
    (self.groups, self.diversityPenalty) = (groups, diversityPenalty)
  }
}

/// The search for captions with high sums of log-probabilities, by beams in one group or in several
/// that avoid each other's ids.
/// - Source: transformers 5.24.0, `_beam_search`; groups are Vijayakumar et al., arXiv 1610.02424,
///   with the Hamming diversity of transformers 4.57.1.
struct BeamSearch: CaptionSearch {
  private let diversityPenalty: Double
  private let limit: Int
  private var groups: [BeamGroup]
  private var hasBegun = false

  init(_ beams: Beams, _ bounds: CaptionBounds, _ rules: ScoreRules, captions: Int) {
    diversityPenalty = beams.diversityPenalty
    limit = captions
    groups = Array(repeating: BeamGroup(beams, bounds, rules), count: beams.groups)
  }

  var open: [OpenText] {
    let open = groups.flatMap(\.open)
    return hasBegun ? open : Array(open.prefix(1))
  }

  var captions: [ScoredCaption] {
    var best = BestOf<ScoredCaption>(limit)
    for caption in groups.flatMap(\.captions) { best.add(caption, caption.score) }
    return best.things.map(\.thing)
  }

  mutating func advance(_ scores: [[Double]]) {
    var row = 0, penalties: [Int: Double] = [:]
    for index in groups.indices where !groups[index].open.isEmpty {
      let rows = hasBegun ? row..<row + groups[index].open.count : 0..<1
      for id in groups[index].advance(scores, rows, less: penalties) {
        penalties[id, default: 0] += diversityPenalty
      }
      row = rows.upperBound
    }
    hasBegun = true
  }
}

/// The beams of one group and the captions that they have come to.
private struct BeamGroup {
  private let beams: Beams
  private let bounds: CaptionBounds
  private let rules: ScoreRules
  private var best: BestOf<ScoredCaption>
  /// Best first; none: the search is over.
  private(set) var open: [OpenText]

  init(_ beams: Beams, _ bounds: CaptionBounds, _ rules: ScoreRules) {
    let prompt = OpenText(prompt: bounds.prompt)
    (self.beams, self.bounds, self.rules) = (beams, bounds, rules)
    best = BestOf(beams.count / beams.groups)
    open = bounds.prompt.count < bounds.maximum ? [prompt] : []
    if open.isEmpty { finish(prompt) }
  }

  var captions: [ScoredCaption] { best.things.map(\.thing) }

  private mutating func finish(_ text: OpenText) {
    let caption = text.caption(text.sum, after: bounds, power: beams.lengthPenalty)
    best.add(caption, caption.score)
  }

  /// Takes the next step.
  /// - Parameters:
  ///   - rows: those of `scores` that belong to the open texts.
  ///   - penalties: what the log-probabilities of ids are lessened by.
  /// - Returns: the ids that its beams have chosen, other than the end.
  mutating func advance(
    _ scores: [[Double]], _ rows: Range<Int>, less penalties: [Int: Double]
  ) -> [Int] {
    let candidates = candidates(scores, rows, less: penalties)
    var next: [OpenText] = []
    for (rank, text) in candidates.enumerated() {
      if bounds.isFinished(text) {
        if rank < best.limit { finish(text) }
      } else if next.count < best.limit {
        next.append(text)
      }
    }
    // No id can follow.
    if candidates.isEmpty { open.forEach { finish($0) } }
    open = next.first.map(isWorthwhile) ?? false ? next : []
    let chosen = candidates.compactMap(\.ids.last).filter { $0 != bounds.end }
    return chosen.prefix(best.limit).map { Int($0) }
  }

  /// The best continuations, twice as many as beams, so that enough of them go on.
  private func candidates(
    _ scores: [[Double]], _ rows: Range<Int>, less penalties: [Int: Double]
  ) -> [OpenText] {
    var found = BestOf<(beam: Int, id: Int)>(2 * best.limit)
    var sums: [Double] = []
    for (beam, text) in open.enumerated() {
      var processed = scores[rows.lowerBound + beam]
      let total = processed.logSumExp
      sums.append(total)
      for id in processed.indices { processed[id] -= total }
      for (id, penalty) in penalties { processed[id] -= penalty }
      rules.apply(to: &processed, after: text.ids, bounds)
      for id in processed.indices { found.add((beam, id), text.sum + processed[id]) }
    }
    return found.things.map { sum, place in
      let row = rows.lowerBound + place.beam
      return open[place.beam].adding(
        place.id, sum: sum, scores[row][place.id] - sums[place.beam], parent: row)
    }
  }

  /// Whether the open texts, the best of which is given, may yet lead to a better caption.
  private func isWorthwhile(_ text: OpenText) -> Bool {
    guard best.things.count == best.limit else { return true }
    if beams.stopping == .atOnce { return false }
    let hopes = beams.stopping == .never && beams.lengthPenalty > 0
    let new = (hopes ? bounds.maximum : text.ids.count) - bounds.prompt.count
    return text.sum / pow(Double(new), beams.lengthPenalty) > best.bound
  }
}
