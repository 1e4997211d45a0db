import CResample

extension Picture {
  /// The whole picture at another size, byte for byte as `resize` of Pillow 13 gives it.
  public func resized(
    width: Int, height: Int, _ interpolation: Interpolation = .bicubic
  ) -> Picture {
    precondition(width > 0 && height > 0, "a picture has pixels")
    return resampled(
      x: ResampleAxis(source: 0..<self.width, length: width),
      y: ResampleAxis(source: 0..<self.height, length: height), interpolation)
  }

  /// The picture reduced so that its longer side is `longerSide`; it is never enlarged.
  public func resized(longerSide: Int, _ interpolation: Interpolation = .bicubic) -> Picture {
    let longer = max(width, height)
    guard longer > longerSide else { return self }
    let scale = Double(longerSide) / Double(longer)
    func scaled(_ side: Int) -> Int { max(1, Int((Double(side) * scale).rounded())) }
    return resized(width: scaled(width), height: scaled(height), interpolation)
  }

  /// The same bytes for every `level`; tests compare them.
  package func resized(width: Int, height: Int, _ interpolation: Interpolation, plain: Bool)
    -> Picture
  {
    resampled(
      x: ResampleAxis(source: 0..<self.width, length: width),
      y: ResampleAxis(source: 0..<self.height, length: height), interpolation,
      level: plain ? RESAMPLE_PLAIN : bestLevel)
  }

  /// Rows first, then columns, rounded to bytes in between; columns first where that saves more
  /// pixels, as in Pillow 13.
  func resampled(
    x: ResampleAxis, y: ResampleAxis, _ interpolation: Interpolation,
    level: resample_level = bestLevel
  ) -> Picture {
    if !x.isIdentity, y.excess > max(0, 2 * x.excess) {
      let sameWidth = ResampleAxis(source: x.source, length: x.source.count)
      let flat = resampled(x: sameWidth, y: y, interpolation, level: level)
      return flat.resampled(
        x: ResampleAxis(source: 0..<flat.width, length: x.length, wanted: x.wanted),
        y: ResampleAxis(source: 0..<flat.height, length: flat.height), interpolation, level: level)
    }
    let weights =
      y.isIdentity ? nil : ResampleWeights(y, interpolation, level: level)
    let reads = weights?.reads ?? y.wanted
    let top = y.source.lowerBound + reads.lowerBound
    let rows = top..<(top + reads.count)
    let narrow = x.isIdentity
      ? columns(x, rows: rows) : horizontally(x, rows: rows, interpolation, level: level)
    let size = x.wanted.count * 3 * y.wanted.count
    guard let weights else {
      return Picture(width: x.wanted.count, height: y.wanted.count, pixels: narrow)
    }
    let pixels = [UInt8](unsafeUninitializedCapacity: size) { target, count in
      weights.withKernelWeights(startingAt: reads.lowerBound) {
        resample_vertical(
          weights.level, narrow, x.wanted.count * 3, x.wanted.count * 3, $0,
          target.baseAddress)
      }
      count = size
    }
    return Picture(width: x.wanted.count, height: y.wanted.count, pixels: pixels)
  }

  private func horizontally(
    _ x: ResampleAxis, rows: Range<Int>, _ interpolation: Interpolation, level: resample_level
  ) -> [UInt8] {
    let weights = ResampleWeights(x, interpolation, level: level)
    let size = x.wanted.count * 3 * rows.count
    return [UInt8](unsafeUninitializedCapacity: size) { target, count in
      pixels.withUnsafeBufferPointer { source in
        let start = (rows.lowerBound * width + x.source.lowerBound) * 3
        weights.withKernelWeights {
          resample_horizontal(
            weights.level, source.baseAddress! + start, width * 3, Int32(rows.count), $0,
            target.baseAddress)
        }
      }
      count = size
    }
  }

  private func columns(_ x: ResampleAxis, rows: Range<Int>) -> [UInt8] {
    if x.wanted.count == width {
      return rows.count == height
        ? pixels : Array(pixels[(rows.lowerBound * width * 3)..<(rows.upperBound * width * 3)])
    }
    var result: [UInt8] = []
    result.reserveCapacity(rows.count * x.wanted.count * 3)
    for row in rows {
      let start = (row * width + x.source.lowerBound + x.wanted.lowerBound) * 3
      result += pixels[start..<(start + x.wanted.count * 3)]
    }
    return result
  }
}

let bestLevel = resample_best_level()
