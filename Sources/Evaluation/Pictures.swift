import Foundation
import Images
import Pipeline
import Records
import Tensors

/// Some pictures, ready for the model, with their annotations.
struct Pictures {
  /// Their indices in the source.
  var numbers: [Int] = []
  var keys: [String] = []
  /// `[keys.count, 3, size, size]`.
  var images: Tensor
  var annotations: [Annotation] = []
  /// Those that could not be used, each with its place and reason.
  var leftOut: [String] = []

  func selecting(_ rows: [Int]) -> Pictures {
    Pictures(
      numbers: rows.map { numbers[$0] }, keys: rows.map { keys[$0] },
      images: images.selecting(rows), annotations: rows.map { annotations[$0] }, leftOut: leftOut)
  }
}

/// Reads pictures.
protocol PictureSource {
  /// The source's name in messages.
  var name: String { get }
  var count: Int { get }
  func read(_ range: Range<Int>) throws -> Pictures
}

/// Pictures of record sets, one set after another.
struct RecordPictures: PictureSource {
  let name: String
  private let reader: EvaluationReader

  init(_ records: [RecordSet], transform: ImageTransform, limit: Int?) {
    name = records.map(\.directory.relativePath).joined(separator: ", ")
    reader = EvaluationReader(
      name: name, records: records, transform: transform, limit: limit, workers: Threads.count)
  }

  var count: Int { reader.count }

  func read(_ range: Range<Int>) throws -> Pictures {
    let batch = try reader.read(range)
    return Pictures(
      numbers: batch.samples, keys: batch.keys, images: batch.images,
      annotations: batch.annotations, leftOut: batch.skipped.map { "\($0)" })
  }
}

/// Picture files; the path as given is the key.
struct FilePictures: PictureSource {
  let name = "--images"
  let files: [String]
  let transform: ImageTransform

  var count: Int { files.count }

  /// - Throws: `EvaluationError` for a file that cannot be read; one that is not a picture is left
  ///   out.
  func read(_ range: Range<Int>) throws -> Pictures {
    let all = Tensor([range.count, 3, transform.height, transform.width])
    let size = transform.byteCount
    var pixels = [UInt8](repeating: 0, count: size)
    var pictures = Pictures(images: all)
    for number in range {
      let file = files[number]
      let bytes = try NamedFile.read(
        URL(fileURLWithPath: file), limit: ImageLimits.default.maximumBytes)
      do throws(ImageError) {
        let picture = try ImageDecoder.decode(bytes)
        pixels.withUnsafeMutableBufferPointer { transform.evaluate(picture, into: $0) }
        transform.normalize(pixels, into: all.pointer + pictures.keys.count * size)
        pictures.numbers.append(number)
        pictures.keys.append(file)
        pictures.annotations.append(Annotation())
      } catch {
        pictures.leftOut.append("\(error.at(file))")
      }
    }
    pictures.images = all.selecting(Array(0..<pictures.keys.count))
    return pictures
  }
}
