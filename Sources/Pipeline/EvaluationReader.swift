import Images
import Records
import Tensors

/// Consecutive samples of a set, for evaluation.
public struct EvaluationBatch: Sendable {
  /// The samples' indices in the set, ascending; those that were left out are missing.
  public let samples: [Int]
  public let keys: [String]
  /// `[samples.count, 3, height, width]`, normalised, without random changes.
  public let images: Tensor
  /// Captions, labels, tokens and class, those that a sample has.
  public let annotations: [Annotation]
  public let skipped: [BadSample]

  public var count: Int { samples.count }
}

/// Reads a set once from front to back, for validation and evaluation. Any rank can read any part:
/// results are the same however the set is shared out.
public final class EvaluationReader: Sendable {
  /// How many samples there are to read.
  public let count: Int
  private let list: ShardList
  private let reader: SampleReader
  private let transform: ImageTransform
  private let policy: BadSamplePolicy

  /// - Parameters:
  ///   - limit: read only so many samples, from the first on; nil: all.
  ///   - policy: under `skip`, samples that cannot be used are left out and named.
  public init(
    name: String, records: [RecordSet], transform: ImageTransform, limit: Int? = nil,
    policy: BadSamplePolicy = .skip(limit: 1), workers: Int = 1
  ) {
    list = ShardList(name: name, records: records)
    count = min(list.count, max(0, limit ?? list.count))
    reader = SampleReader(sources: [list], frameCacheBytes: 64 << 20, workers: workers)
    self.transform = transform
    self.policy = policy
  }

  /// The whole set cut into batches, in order.
  public func batches(of size: Int) -> [Range<Int>] {
    precondition(size > 0, "a batch holds samples")
    return stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
  }

  /// A rank's part of a range: consecutive, in rank order, sizes differ by at most one.
  public static func share(of range: Range<Int>, rank: Int, size: Int) -> Range<Int> {
    let part = Lanes(count: size).run(of: rank, samples: range.count)
    return (range.lowerBound + part.lowerBound)..<(range.lowerBound + part.upperBound)
  }

  /// The samples of a range, in order.
  ///
  /// - Throws: `RecordError` for a shard that cannot be opened or read at all; `PipelineError` for
  ///   a sample that cannot be used under the policy `fail`.
  public func read(_ range: Range<Int>) throws -> EvaluationBatch {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "there are \(count) samples")
    let addresses = try addresses(range)
    let images = ImageRows(count: addresses.count, transform)
    let outcomes = try reader.read(addresses, cancellation: Cancellation()) {
      row, sample throws(BadSample.Reason) in
      let annotation = try sample.checkedAnnotation()
      self.transform.evaluate(try sample.picture(), into: images.row(row))
      return (key: sample.key, annotation: annotation)
    }
    var rows: [Int] = [], keys: [String] = [], annotations: [Annotation] = []
    var skipped: [BadSample] = []
    for (row, outcome) in outcomes.enumerated() {
      switch outcome {
      case .success(let sample):
        rows.append(row)
        keys.append(sample.key)
        annotations.append(sample.annotation)
      case .failure(let bad): skipped.append(try policy.accept(bad))
      }
    }
    return EvaluationBatch(
      samples: rows.map { range.lowerBound + $0 }, keys: keys, images: images.keeping(rows).images,
      annotations: annotations, skipped: skipped)
  }

  private func addresses(_ range: Range<Int>) throws -> [SampleAddress] {
    var addresses: [SampleAddress] = []
    addresses.reserveCapacity(range.count)
    while addresses.count < range.count {
      let position = range.lowerBound + addresses.count
      let shard = SampleAddress.Shard(
        source: 0, shard: lastStart(in: list.starts, atOrBefore: position))
      let starts = runningTotals(try reader.frameSamples(shard))
      let offset = position - list.starts[shard.shard]
      let frame = lastStart(in: starts, atOrBefore: offset)
      let end = min(starts[frame + 1] - offset, range.upperBound - position)
      let first = offset - starts[frame]
      addresses += (first..<(first + end)).map {
        SampleAddress(frame: .init(shard: shard, frame: frame), sample: $0)
      }
    }
    return addresses
  }
}
