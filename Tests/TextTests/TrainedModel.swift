import Foundation
import Text

/// A small tokenizer trained once for all tests.
enum TrainedModel {
  static let texts: [String] = {
    let things = [
      "red balloon", "grey cat", "wooden boat", "mountain", "café table", "sunflower", "lantern",
      "bicycle", "steam engine", "painted fence", "umbrella", "pumpkin", "violin", "lighthouse",
    ]
    let places = [
      "on the beach", "in the garden", "near a window", "under the bridge", "at night",
      "behind the market", "between two trees", "seen from above", "after the rain",
    ]
    return things.flatMap { thing in places.map { "a \(thing) \($0)" } }
  }()

  static let result = Result { try train(texts, vocabulary: 330) }

  static func tokenizer() throws -> SentencePieceTokenizer { try result.get().tokenizer }

  static func train(_ texts: [String], vocabulary: Int) throws -> TokenizerTraining.Result {
    var iterator = texts.makeIterator()
    return try TokenizerTraining(vocabulary: vocabulary).train { iterator.next() }
  }
}
