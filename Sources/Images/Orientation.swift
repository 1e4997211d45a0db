import CResample

/// How a stored picture is turned to stand upright; the values are EXIF's (tag 0x0112).
public enum Orientation: Int, Sendable, CaseIterable {
  case upright = 1
  case mirrored, upsideDown, flipped, transposed, turnedRight, transversed, turnedLeft

  /// Whether width and height change places.
  public var swapsSides: Bool { rawValue >= 5 }
}

extension Picture {
  /// The upright picture, where this one was stored in `orientation`.
  public func upright(from orientation: Orientation) -> Picture {
    guard orientation != .upright else { return self }
    let (right, below) = (3, 3 * width)
    let (lastColumn, lastRow) = (right * (width - 1), below * (height - 1))
    let (start, step, rowStep): (Int, Int, Int) =
      switch orientation {
      case .upright: (0, right, below)
      case .mirrored: (lastColumn, -right, below)
      case .upsideDown: (lastRow + lastColumn, -right, -below)
      case .flipped: (lastRow, right, -below)
      case .transposed: (0, below, right)
      case .turnedRight: (lastRow, -below, right)
      case .transversed: (lastRow + lastColumn, -below, -right)
      case .turnedLeft: (lastColumn, below, -right)
      }
    let (columns, rows) = orientation.swapsSides ? (height, width) : (width, height)
    let turned = [UInt8](unsafeUninitializedCapacity: pixels.count) { buffer, count in
      guard let target = buffer.baseAddress else { return }
      pixels.withUnsafeBufferPointer { source in
        for row in 0..<rows {
          pixels_gather(
            source.baseAddress! + start + row * rowStep, step, columns,
            target + row * columns * 3)
        }
      }
      count = pixels.count
    }
    return Picture(width: columns, height: rows, pixels: turned)
  }
}
