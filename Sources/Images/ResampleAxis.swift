import CResample

/// One axis of a resize: which part of the picture becomes how many pixels, and which of these are
/// computed.
struct ResampleAxis {
  /// The pixels of the picture that are used; those outside are ignored.
  var source: Range<Int>
  /// Length that the source is scaled to.
  var length: Int
  /// The part of it that is computed.
  var wanted: Range<Int>

  init(source: Range<Int>, length: Int, wanted: Range<Int>? = nil) {
    self.source = source
    self.length = length
    self.wanted = wanted ?? 0..<length
  }

  /// Resampling to the same length leaves every byte as it is.
  var isIdentity: Bool { source.count == length }

  /// How many pixels are removed; below 0 where some are added.
  var excess: Int { source.count - length }
}

/// The weights of an axis as fixed-point numbers, laid out for the kernels.
///
/// Source: Pillow's resampling (libImaging/Resample.c): the kernel is stretched by the ratio when
/// shrinking, weights are normalised, then rounded to 22 binary places.
struct ResampleWeights {
  let level: resample_level
  let taps: Int
  private(set) var starts: [Int32]
  private var high: [Int16]
  private var low: [Int16]

  init(_ axis: ResampleAxis, _ interpolation: Interpolation, level: resample_level) {
    let length = axis.source.count
    let ratio = Double(length) / Double(axis.length)
    let stretch = max(1, ratio)
    let shrink = 1 / stretch
    let support = interpolation.support * stretch
    let ranges = axis.wanted.map { output in
      let center = (Double(output) + 0.5) * ratio
      return max(0, Int(center - support + 0.5))..<min(length, Int(center + support + 0.5))
    }
    let needed = ranges.reduce(1) { max($0, $1.count) }
    let multiple = RESAMPLE_TAP_MULTIPLE
    let padded = (needed + multiple - 1) / multiple * multiple
    let hasRoom = padded <= length
    self.level = hasRoom ? level : RESAMPLE_PLAIN
    taps = hasRoom ? padded : needed
    let lastStart = length - taps
    starts = ranges.map { Int32(min($0.lowerBound, lastStart)) }
    high = [Int16](repeating: 0, count: ranges.count * taps)
    low = high

    var row = [Double](repeating: 0, count: needed)
    for (index, range) in ranges.enumerated() {
      let center = (Double(axis.wanted.lowerBound + index) + 0.5) * ratio
      var sum = 0.0
      for (tap, pixel) in range.enumerated() {
        row[tap] = interpolation.weight((Double(pixel) - center + 0.5) * shrink)
        sum += row[tap]
      }
      let first = index * taps + range.lowerBound - Int(starts[index])
      for tap in 0..<range.count {
        set(first + tap, sum == 0 ? row[tap] : row[tap] / sum)
      }
    }
  }

  private mutating func set(_ index: Int, _ weight: Double) {
    let scaled = weight * Double(1 << RESAMPLE_PRECISION)
    let fixed = Int32(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
    high[index] = Int16(fixed >> 15)
    low[index] = Int16(fixed & 0x7FFF)
  }

  /// The part of the source that any output reads.
  var reads: Range<Int> {
    let first = Int(starts.min() ?? 0), last = Int(starts.max() ?? 0)
    return first..<(last + taps)
  }

  func withKernelWeights(
    startingAt origin: Int = 0, _ body: (resample_weights) -> Void
  ) {
    let shifted = origin == 0 ? starts : starts.map { $0 - Int32(origin) }
    shifted.withUnsafeBufferPointer { starts in
      high.withUnsafeBufferPointer { high in
        low.withUnsafeBufferPointer { low in
          body(
            resample_weights(
              starts: starts.baseAddress, high: high.baseAddress, low: low.baseAddress,
              outputs: Int32(starts.count), taps: Int32(taps)))
        }
      }
    }
  }
}
