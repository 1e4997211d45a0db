import Foundation
import Parity

/// The small truths beside the tests, by their folders' names.
enum Fixture: String, CaseIterable {
  case splitPooler = "split-pooler"
  case widePooler = "wide-pooler"
  case noPooler = "no-pooler"
  case contrastiveOnly = "contrastive-only"
  case captionOnly = "caption-only"
  case paperCascade = "paper-cascade"
  case paperParallel = "paper-parallel"
  case paperNone = "paper-none"
  case paperPrefix = "paper-prefix"
  case paperTwoPass = "paper-two-pass"
  case paperSoftmax = "paper-softmax"
  case paperSigmoid = "paper-sigmoid"

  /// Those with captions that open_clip generates.
  static let greedy: [Fixture] = [.splitPooler, .widePooler, .noPooler, .captionOnly]

  func truth() throws -> Truth {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    return try Truth(folder.appendingPathComponent("Fixtures/\(rawValue)"))
  }
}
