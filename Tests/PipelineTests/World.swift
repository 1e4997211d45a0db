import Foundation
import Images
import Pipeline
import Records
import TestSupport
import Text

/// A folder with small record sets, gone with this value.
struct World {
  let folder: TestFolder

  init() throws { folder = try TestFolder() }

  /// A set of several shards with several frames of a few samples each.
  func records(_ name: String, _ samples: [Sample]) throws -> RecordSet {
    try folder.records(name, samples, shardBytes: 450, frameBytes: 8 << 10)
  }

  static func key(_ name: String, _ number: Int) -> String { "\(name)/\(number)" }

  /// A picture of one colour that tells the number, and a caption that does too.
  static func samples(_ name: String, _ count: Int) throws -> [Sample] {
    try (0..<count).map { number in
      Sample(
        key: key(name, number),
        fields: [
          Field(suffix: "png", bytes: try picture(number)),
          Field(suffix: "txt", bytes: Array("\(number)".utf8)),
        ])
    }
  }

  static func picture(_ number: Int) throws -> [UInt8] {
    let value = UInt8(number)
    let pixels = (0..<120).flatMap { _ -> [UInt8] in [value, value, 7] }
    return try ImageEncoder.png(Picture(width: 12, height: 10, pixels: pixels))
  }

  static let transform = ImageTransform(
    height: 8, width: 8, fit: .crop, mean: [0, 0, 0], std: [1, 1, 1], interpolation: .bicubic)
}

/// What tests vary of a loader; the rest is always the same.
struct LoaderSetup {
  var batch = 10
  var lanes = 7
  var rank = 0
  var size = 1
  var workers = 1
  var cacheBytes = 1 << 20
  var augmentation: Augmentation? = Augmentation(.area(0.5...1), flip: true)
  var badSamples = BadSamplePolicy.skip(limit: 0.5)
  var context = 16
  var tokenizer: ByteTokenizer? = ByteTokenizer()
  var cache: ShardCache?

  func loader(_ sources: [SampleSource]) throws -> BatchLoader {
    let samples = sources.map(\.samples)
    let mixture = try Mixture(batch: batch, weights: sources.map(\.weight), samples: samples)
    var settings = BatchLoader.Settings(
      seed: 3, transform: World.transform, augmentation: augmentation, badSamples: badSamples)
    settings.workers = workers
    settings.frameCacheBytes = cacheBytes
    settings.cache = cache
    return try BatchLoader(
      sources: sources,
      plan: BatchPlan(mixture: mixture, lanes: Lanes(count: lanes), samples: samples),
      text: SampleText(tokenizer: tokenizer, vocabularySize: 260, context: context),
      settings: settings, rank: rank, size: size)
  }
}

extension Batch {
  /// Everything of a row that a model sees, and which pair it is.
  struct Content: Equatable {
    var row: Row
    var ids: [Int32]
    /// A hash of the picture's bits, so that a failure can be read.
    var image: UInt64
  }

  var contents: [Content] {
    rows.indices.map { row in
      let image = pixels(row).reduce(0xCBF2_9CE4_8422_2325) { hash, value in
        (hash ^ UInt64(value.bitPattern)) &* 0x0000_0100_0000_01B3
      }
      return Content(row: rows[row], ids: Array(captions[row]), image: image)
    }
  }

  func pixels(_ row: Int) -> [Float] {
    let values = images.count / count
    return Array(images.values[(row * values)..<((row + 1) * values)])
  }
}
