/// Why pairs cannot be read: where, what, and what to do about it.
public struct PipelineError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Reason: Sendable, Equatable {
    case noSources
    case noSamples
    case notPositive(String)
    case someWeightsMissing
    case weightsTooFine
    case weightsTooLarge
    case tooManySteps
    case moreRanksThanLanes(ranks: Int, lanes: Int)
    case noTokenizer
    /// Why the first of its samples has none.
    case noClasses(String)
    case badSample(BadSample)
    case tooManyBadSamples(skipped: Int, read: Int, limit: Double)
    case cacheTooSmall(limit: Int, shard: Int)
    case cancelled
  }

  public let place: String
  public let reason: Reason

  public init(_ place: String, _ reason: Reason) {
    self.place = place
    self.reason = reason
  }

  public var description: String { "\(place): \(reason.text). \(reason.remedy)" }
}

extension PipelineError.Reason {
  var text: String {
    switch self {
    case .noSources: "no records are named"
    case .noSamples: "the records hold no sample"
    case .notPositive(let value): "\(value) is not a positive number of at most nine decimals"
    case .someWeightsMissing: "some sources have a weight and some have none"
    case .weightsTooFine: "weights have more than nine decimals"
    case .weightsTooLarge: "weights are too far apart to be counted exactly"
    case .tooManySteps: "there are more steps than can be counted"
    case .moreRanksThanLanes(let ranks, let lanes): "\(ranks) ranks but only \(lanes) lanes"
    case .noTokenizer: "text must be turned into ids, but there is no tokenizer"
    case .noClasses(let reason): "its samples have no classes: \(reason)"
    case .badSample(let sample): "\(sample)"
    case .tooManyBadSamples(let skipped, let read, let limit):
      "\(skipped) of \(read) samples could not be used, more than the limit of \(limit)"
    case .cacheTooSmall(let limit, let shard):
      "\(limit) bytes have no room for the largest shard, \(shard) bytes"
    case .cancelled: "reading was cancelled"
    }
  }

  var remedy: String {
    switch self {
    case .noSources: "Name at least one folder of records"
    case .noSamples: "Pack it again, or leave it out"
    case .notPositive: "Give a number above zero, of at most nine decimals"
    case .someWeightsMissing: "Give every source a weight, or none"
    case .weightsTooFine: "Round the weights, or give them as whole numbers"
    case .weightsTooLarge: "Give smaller whole numbers in the same proportion"
    case .tooManySteps: "Ask for fewer epochs"
    case .moreRanksThanLanes: "Start fewer ranks, or raise `lanes` (up to the batch)"
    case .noTokenizer: "Set `tokenizer`, or use `text: tokens`"
    case .noClasses:
      "Pack KEY.cls or labels with the pictures, choose with classification.labels which of them "
        + "is read, and name the classes in classification.classes as the records do"
    case .badSample: "Repair or remove it, or set `bad_samples: {policy: skip}`"
    case .tooManyBadSamples:
      "The lines above say why. For `no caption, but labels`, set `text: labels` beside `records`; "
        + "for `no text`, name what holds the texts with `text` in the run "
        + "file or --caption-column of `coca-shard pack`; for damage, see `coca-shard verify`; or "
        + "raise `bad_samples.limit`"
    case .cacheTooSmall: "Set the limit to several times that, or leave out `data_cache`"
    case .cancelled: "Nothing is wrong with the records"
    }
  }
}
