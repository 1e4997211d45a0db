import Records
import Tensors

/// What a run will read of one source, for the run's header.
public struct SourceSummary: Sendable, Codable, Equatable {
  public var name: String
  public var samples: Int
  public var shards: Int
  /// Its share of all pairs, 0 to 1.
  public var weight: Double
  /// Its exact share of a batch; the pairs in a batch differ from it by less than two.
  public var pairsPerBatch: Double
  /// How often the whole source will have been read at the end of the run.
  public var epochsAtEnd: Double
  /// Ids of a text, start and end included: the mean over some of its texts; nil where none was
  /// read.
  public var tokensPerText: Double?
  /// The share of those texts that `text.context` cuts, 0 to 1.
  public var textsCut: Double?
  /// About how many ids the run will have read of it at the end.
  public var tokensAtEnd: Double?
  /// Samples of the shortest and of the longest lane.
  public var laneSamples: [Int]
  /// Samples per epoch of the ranks with the fewest and with the most.
  public var rankSamples: [Int]

  /// - Parameters:
  ///   - shards: shards of each source.
  ///   - texts: of each source, see `SampleSource.textLengths`.
  ///   - steps: steps of the whole run.
  public static func all(
    names: [String], shards: [Int], texts: [TextLengths?], plan: BatchPlan, steps: Int,
    ranks: Int
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
        epochsAtEnd: epochs[source], tokensPerText: texts[source]?.mean,
        textsCut: texts[source]?.cut,
        tokensAtEnd: texts[source].map { $0.mean * epochs[source] * Double(samples) },
        laneSamples: span(lanes), rankSamples: span(perRank))
    }
  }

  private static func span(_ counts: [Int]) -> [Int] {
    [counts.min() ?? 0, counts.max() ?? 0]
  }
}

/// How long the texts of a source are.
public struct TextLengths: Sendable, Equatable {
  /// The average ids of a text as the model reads it, start and end included.
  public let mean: Double
  /// The share of texts that have more ids than the model reads.
  public let cut: Double

  /// - Parameter lengths: ids of some texts before they are cut; at least one.
  public init(_ lengths: [Int], context: Int) {
    let count = Double(lengths.count)
    mean = Double(lengths.reduce(0) { $0 + min($1, context) }) / count
    cut = Double(lengths.count { $0 > context }) / count
  }
}

extension SampleSource {
  public var shards: Int { records.reduce(0) { $0 + $1.index.shards.count } }

  /// The lengths of the texts of some samples; nil where none of them is usable.
  public func textLengths(_ text: SampleText, seed: UInt64) -> TextLengths? {
    let lengths = someSamples.compactMap {
      let random = CounterRandom(seed: seed, "length", KeyPart($0.key.utf8.count))
      return try? self.text(of: $0, text.uncut, random).count
    }
    return lengths.isEmpty ? nil : TextLengths(lengths, context: text.context)
  }

  /// At most 256 samples from eight frames spread over the source; those that can be read.
  var someSamples: [Sample] {
    let list = ShardList(name: name, records: records)
    let shards = list.samples.count, frames = 8, portion = 32
    return (0..<min(frames, shards)).flatMap { number -> ArraySlice<Sample> in
      guard let reader = try? list.open(number * shards / min(frames, shards), cache: nil),
        let samples = try? reader.read(frame: (reader.frameSamples.count - 1) / 2)
      else { return [] }
      return samples.prefix(shards < frames ? portion * frames / shards : portion)
    }
  }

  private func text(
    of sample: Sample, _ text: SampleText, _ random: CounterRandom
  ) throws(BadSample.Reason) -> [Int32] {
    try text.ids(
      sample.checkedAnnotation(keys: self.text.keys), as: self.text, random: random)
  }
}
