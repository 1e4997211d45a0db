import Images
import Records
import Tensors

/// Room for the pictures of a batch, one row each, filled in any order and by any thread.
struct ImageRows: Sendable {
  private let images: Tensor
  private let values: Int

  init(count: Int, _ transform: ImageTransform) {
    images = Tensor([count, 3, transform.height, transform.width])
    values = 3 * transform.height * transform.width
  }

  func row(_ row: Int) -> UnsafeMutableBufferPointer<Float> {
    precondition(row >= 0 && row < images.shape[0], "there is no row \(row)")
    return UnsafeMutableBufferPointer(start: images.pointer + row * values, count: values)
  }

  /// The images of these rows, which are ascending; not copied if they are all.
  func keeping(_ rows: [Int]) -> Tensor {
    if rows.count == images.shape[0] { return images }
    let kept = Tensor([rows.count] + images.shape.dropFirst())
    for (place, row) in rows.enumerated() {
      (kept.pointer + place * values).update(from: images.pointer + row * values, count: values)
    }
    return kept
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
