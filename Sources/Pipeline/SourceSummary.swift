/// What a run will read of one source, for its header.
public struct SourceSummary: Sendable, Codable, Equatable {
  public var name: String
  public var samples: Int
  public var shards: Int
  /// Its share of all pairs, 0 to 1.
  public var weight: Double
  /// Its exact share of a batch; a batch holds it within two pairs.
  public var pairsPerBatch: Double
  /// How often the whole source has been read when the run ends.
  public var epochsAtEnd: Double
  /// Samples of the shortest and of the longest lane.
  public var laneSamples: [Int]
  /// Samples of the ranks with the fewest and with the most, per epoch.
  public var rankSamples: [Int]

  /// - Parameters:
  ///   - shards: shards of each source.
  ///   - steps: steps of the whole run.
  public static func all(
    names: [String], shards: [Int], plan: BatchPlan, steps: Int, ranks: Int
  ) -> [SourceSummary] {
    let epochs = plan.epochs(before: steps)
    return names.indices.map { source in
      let samples = plan.samples[source]
      let lanes = (0..<plan.lanes.count).map { plan.lanes.run(of: $0, samples: samples).count }
      let perRank = (0..<ranks).map { rank in
        plan.lanes.lanes(of: rank, size: ranks).reduce(0) { $0 + lanes[$1] }
      }
      let share = plan.mixture.share(of: source)
      return SourceSummary(
        name: names[source], samples: samples, shards: shards[source],
        weight: share / Double(plan.mixture.batch), pairsPerBatch: share,
        epochsAtEnd: epochs[source], laneSamples: span(lanes), rankSamples: span(perRank))
    }
  }

  private static func span(_ counts: [Int]) -> [Int] {
    [counts.min() ?? 0, counts.max() ?? 0]
  }
}

extension SampleSource {
  public var shards: Int { records.reduce(0) { $0 + $1.index.shards.count } }
}
