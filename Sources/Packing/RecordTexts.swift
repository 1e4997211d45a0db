import Foundation
import Records
import Tensors
import Text

/// The texts of datasets, one after another, for training a tokenizer.
///
/// The order of shards, and of frames within a shard, is drawn from the seed, so that the first
/// `limit` texts are a sample of all. Memory: one frame, and the list of shards.
public struct RecordTexts {
  public enum Kind: String, Sendable, CaseIterable {
    /// Every caption.
    case caption
    /// A sample's labels, shuffled and joined as in training, without a prompt.
    case labels
    /// Both.
    case all
  }

  /// Frames and samples that could not be read, in the order in which they came.
  public private(set) var skipped: [RecordError] = []
  /// How many texts were returned so far.
  public private(set) var count = 0
  /// Whether texts are left that the limit excludes.
  public private(set) var isCut = false
  private let sets: [RecordSet]
  private let kind: Kind
  private let limit: Int
  private let seed: UInt64
  private var shards: [(set: Int, shard: Int)]
  private var reader: ShardReader?
  private var frames: [Int] = []
  private var texts: [String] = []

  /// - Parameter limit: the most texts to return.
  public init(sets: [RecordSet], kind: Kind, limit: Int, seed: UInt64) {
    self.sets = sets
    self.kind = kind
    self.limit = limit
    self.seed = seed
    let all = sets.indices.flatMap { set in
      sets[set].index.shards.indices.map { (set: set, shard: $0) }
    }
    shards = CounterRandom(seed: seed, "tokenizer").shuffled(all)
  }

  /// The next text; nil at the end or at the limit.
  public mutating func next() -> String? {
    while texts.isEmpty, let samples = nextFrame() {
      texts = samples.reversed().flatMap { texts(of: $0).reversed() }
    }
    guard !texts.isEmpty else { return nil }
    guard count < limit else {
      isCut = true
      return nil
    }
    count += 1
    return texts.removeLast()
  }

  private mutating func nextFrame() -> [Sample]? {
    while true {
      do throws(RecordError) {
        if let reader, let frame = frames.popLast() { return try reader.read(frame: frame) }
        guard let (set, shard) = shards.popLast() else { return nil }
        reader = nil
        let opened = try sets[set].openAnyway(shard: shard)
        let random = CounterRandom(seed: seed, "tokenizer", KeyPart(set), KeyPart(shard))
        frames = random.shuffled(Array(opened.frameSamples.indices))
        reader = opened
      } catch {
        skipped.append(error)
      }
    }
  }

  private mutating func texts(of sample: Sample) -> [String] {
    let annotation: Annotation
    do throws(RecordError) {
      annotation = try sample.annotation()
    } catch {
      skipped.append(error)
      return []
    }
    var texts = kind == .labels ? [] : annotation.captions
    if kind != .caption, !annotation.labels.isEmpty {
      let random = CounterRandom(seed: seed, "labels", .text(sample.key))
      texts.append(LabelText.text(labels: annotation.labels, prompts: .none, random: random))
    }
    return texts
  }
}
