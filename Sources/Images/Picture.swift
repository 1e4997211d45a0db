/// A picture in 8-bit RGB, rows from top to bottom, three interleaved bytes a pixel.
public struct Picture: Sendable, Equatable {
  public let width: Int
  public let height: Int
  public let pixels: [UInt8]

  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(width > 0 && height > 0, "a picture has pixels")
    precondition(pixels.count == width * height * 3, "three bytes a pixel")
    self.width = width
    self.height = height
    self.pixels = pixels
  }
}

extension Array where Element == UInt8 {
  /// Makes `count` bytes; `fill` must write all of them unless it throws.
  static func filled(
    _ count: Int, _ fill: (UnsafeMutablePointer<UInt8>) throws(ImageError) -> Void
  ) throws(ImageError) -> [UInt8] {
    var failure: ImageError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
      guard let base = buffer.baseAddress else { return }
      do throws(ImageError) {
        try fill(base)
        written = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }
}
