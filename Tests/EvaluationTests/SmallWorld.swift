import CoCaModel
import Evaluation
import Foundation
import Images
import Records
import Tensors
import Testing
import TestSupport
import Text

/// A folder with small record sets, gone with this value.
struct SmallWorld {
  let folder: TestFolder

  init() throws { folder = try TestFolder() }

  func records(_ name: String, _ samples: [Sample]) throws -> RecordSet {
    try folder.records(name, samples)
  }

  /// Pictures of one colour each; class n mod 4, captions "n" and "n again".
  static func samples(_ count: Int) throws -> [Sample] {
    try (0..<count).map { number in
      try sample(number, [
        Field(suffix: "txt", bytes: Array("\(number)".utf8)),
        Field(suffix: "json", bytes: Array(#"{"captions": ["\#(number) again"]}"#.utf8)),
        Field(suffix: "cls", bytes: Array("\(number % 4)".utf8)),
      ])
    }
  }

  static func sample(_ number: Int, _ fields: [Field]) throws -> Sample {
    Sample(key: "p/\(number)", fields: [Field(suffix: "png", bytes: try picture(number))] + fields)
  }

  static func picture(_ number: Int) throws -> [UInt8] {
    let colour = (0..<3).map { UInt8(truncatingIfNeeded: number * (37 + 23 * $0)) }
    let pixels = Array(repeatElement(colour, count: 100).joined())
    return try ImageEncoder.png(Picture(width: 10, height: 10, pixels: pixels))
  }

  /// Random weights, the same each time.
  static func saved(tokenizer: (any Tokenizer)? = ByteTokenizer()) throws -> SavedModel {
    var shape = try #require(ModelConfiguration.preset("tiny"))
    shape.joint = 12
    (shape.image.size, shape.image.patch, shape.image.queries) = (8, 4, 3)
    (shape.image.width, shape.image.heads, shape.image.layers, shape.image.mlp) = (12, 3, 1, 20)
    (shape.text.width, shape.text.heads, shape.text.layers, shape.text.mlp) = (12, 2, 1, 14)
    shape.text.context = 16
    (shape.multimodal.heads, shape.multimodal.mlp, shape.multimodal.layers) = (3, 18, 1)
    let model = CoCa(shape, vocabularySize: tokenizer?.vocabularySize ?? 40)
    model.parameters.allocate(training: false)
    model.parameters.initialize(seed: 3)
    return SavedModel(model: model, tokenizer: tokenizer)
  }
}
