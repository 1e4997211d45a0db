import Foundation

/// What a picture looks like, in 20 bytes, to find copies with another size, format or quality.
///
/// 128 bits say, for a 9 × 9 thumbnail, where brightness increases to the right and where it
/// increases downwards (a "difference hash"). To these come the mean colour and the sides' ratio.
public struct PictureFingerprint: Sendable, Equatable {
  /// The most bits in which two pictures that look alike differ.
  public static let distance = 7
  static let side = 9
  /// A smaller increase of brightness counts as noise.
  private static let step = 3
  /// The fewest bits that must be set for a picture to be distinguishable.
  private static let leastBits = 12
  private static let colourDistance = 20
  private static let shapeDistance = 2

  /// 64 bits for the steps to the right, row by row, and 64 for those downwards.
  public let bits: SIMD2<UInt64>
  /// Mean red, green and blue, and 16 for each doubling of width to height, from 128 on.
  let colour: SIMD4<Int16>

  /// - Returns: nil for a picture that is too plain to be distinguished from others.
  public init?(_ picture: Picture) {
    let small = picture.resized(width: Self.side, height: Self.side, .bilinear)
    var sums = SIMD3<Int>.zero
    let brightness = (0..<Self.side * Self.side).map { index in
      let pixel = SIMD3(
        Int(small.pixels[3 * index]), Int(small.pixels[3 * index + 1]),
        Int(small.pixels[3 * index + 2]))
      sums &+= pixel
      return (299 * pixel.x + 587 * pixel.y + 114 * pixel.z) / 1000
    }
    var bits = SIMD2<UInt64>.zero
    for y in 0..<8 {
      for x in 0..<8 {
        let place = y * Self.side + x, bit = UInt64(1) << UInt64(y * 8 + x)
        if brightness[place + 1] - brightness[place] >= Self.step { bits.x |= bit }
        if brightness[place + Self.side] - brightness[place] >= Self.step { bits.y |= bit }
      }
    }
    guard bits.x.nonzeroBitCount + bits.y.nonzeroBitCount >= Self.leastBits else { return nil }
    let shape = 128 + (16 * log2(Double(picture.width) / Double(picture.height))).rounded()
    let count = Self.side * Self.side
    self.bits = bits
    colour = SIMD4(
      Int16(sums.x / count), Int16(sums.y / count), Int16(sums.z / count),
      Int16(max(0, min(255, shape))))
  }

  /// Whether two pictures look alike except for size, compression and small marks.
  public func isNear(_ other: PictureFingerprint) -> Bool {
    let differing = bits ^ other.bits
    guard differing.x.nonzeroBitCount + differing.y.nonzeroBitCount <= Self.distance else {
      return false
    }
    let difference = colour &- other.colour
    return (0..<3).allSatisfy { abs(difference[$0]) <= Self.colourDistance }
      && abs(difference.w) <= Self.shapeDistance
  }
}
