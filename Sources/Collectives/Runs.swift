import CKernels

/// The elements of some ranks' parts, as the fewest consecutive runs.
struct Runs {
  let runs: [Range<Int>]
  let count: Int

  static let none = Runs([], 0..<0)

  init(_ parts: [Range<Int>], _ ranks: Range<Int>) {
    var runs: [Range<Int>] = []
    for part in parts[ranks] where !part.isEmpty {
      if let last = runs.last, last.upperBound == part.lowerBound {
        runs[runs.count - 1] = last.lowerBound..<part.upperBound
      } else {
        runs.append(part)
      }
    }
    self.runs = runs
    count = runs.reduce(0) { $0 + $1.count }
  }

  /// The elements in place, if they are one run; nil otherwise.
  func place(in values: UnsafeMutablePointer<Float>) -> UnsafeMutableRawBufferPointer? {
    guard runs.count == 1 else { return nil }
    return UnsafeMutableRawBufferPointer(start: values + runs[0].lowerBound, count: 4 * count)
  }

  /// Each run and its place in a message of all of them.
  func forEach(
    in bytes: UnsafeMutableRawBufferPointer, _ wire: Exchange.Wire,
    _ body: (_ run: Range<Int>, _ place: Place) -> Void
  ) {
    guard var place = bytes.baseAddress else { return }
    for run in runs {
      body(run, Place(start: place))
      place += run.count * wire.bytes
    }
  }

  struct Place {
    let start: UnsafeMutableRawPointer
    var floats: UnsafeMutablePointer<Float> { start.assumingMemoryBound(to: Float.self) }
    var halves: UnsafeMutablePointer<UInt16> { start.assumingMemoryBound(to: UInt16.self) }
  }
}

/// Memory that grows to the longest message and is reused.
final class Scratch {
  private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 0, alignment: 64)

  func bytes(_ count: Int) -> UnsafeMutableRawBufferPointer {
    if count > memory.count {
      memory.deallocate()
      memory = .allocate(byteCount: count, alignment: 64)
    }
    return UnsafeMutableRawBufferPointer(rebasing: memory.prefix(count))
  }

  deinit { memory.deallocate() }
}

/// The row and element-wise kernels for this processor.
let kernels: CKernels.kernels = kernels_best().pointee
