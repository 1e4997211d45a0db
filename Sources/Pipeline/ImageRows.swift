import Images
import Records
import Tensors

/// The pictures of a batch as RGB bytes of the model's size, one row each, filled in any order and
/// by any thread.
struct ImageRows: Sendable {
  private let transform: ImageTransform
  /// The bytes, in the memory of floats.
  private let memory: Tensor
  /// The rows that hold pictures, ascending.
  private let rows: [Int]

  init(count: Int, _ transform: ImageTransform) {
    self.init(
      transform, Tensor([(count * transform.byteCount + 3) / 4]), rows: Array(0..<count))
  }

  private init(_ transform: ImageTransform, _ memory: Tensor, rows: [Int]) {
    (self.transform, self.memory, self.rows) = (transform, memory, rows)
  }

  func row(_ row: Int) -> UnsafeMutableBufferPointer<UInt8> {
    let size = transform.byteCount
    precondition(row >= 0 && (row + 1) * size <= 4 * memory.count, "there is no row \(row)")
    let bytes = UnsafeMutableRawPointer(memory.pointer).assumingMemoryBound(to: UInt8.self)
    return UnsafeMutableBufferPointer(start: bytes + row * size, count: size)
  }

  /// Only these rows, which are ascending.
  func keeping(_ rows: [Int]) -> ImageRows { ImageRows(transform, memory, rows: rows) }

  /// `[rows, 3, height, width]`, normalised, made anew at every call by this thread's team.
  var images: Tensor {
    let images = Tensor([rows.count, 3, transform.height, transform.width])
    Threads.split(rows.count, grain: 1) { part in
      for place in part {
        guard let pixels = row(rows[place]).baseAddress else { continue }
        transform.normalize(pixels, into: images.pointer + place * transform.byteCount)
      }
    }
    return images
  }
}

extension Sample {
  func picture(shorterSide: Int? = nil) throws(BadSample.Reason) -> Picture {
    guard let image else { throw .noImage }
    do throws(ImageError) {
      return try ImageDecoder.decode(image.bytes, shorterSide: shorterSide)
    } catch {
      throw .image("\(error)")
    }
  }

  func checkedAnnotation(keys: [String] = []) throws(BadSample.Reason) -> Annotation {
    do throws(RecordError) {
      return try annotation(keys: keys)
    } catch {
      throw .text("\(error)")
    }
  }
}
