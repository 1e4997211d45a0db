import CKernels
import Foundation
import Testing

/// One table of kernels that this processor runs.
struct KernelLevel: Sendable, CustomTestStringConvertible {
  let index: Int32
  let table: kernels
  var testDescription: String { String(cString: table.name) }

  static let all = (0..<Int32(KERNELS_LEVELS)).compactMap { index in
    kernels_level(index).map { KernelLevel(index: index, table: $0.pointee) }
  }
}

/// Lengths around every boundary of sixteen lanes.
let kernelLengths = [1, 3, 8, 15, 16, 17, 24, 31, 32, 33, 48, 77, 97, 130]

/// Floats that end where the readable memory ends, with marks before the first: a kernel that
/// reads or writes behind its end stops the test, one that writes before its start fails it.
final class GuardedFloats {
  let pointer: UnsafeMutablePointer<Float>
  private let base: UnsafeMutableRawPointer
  private let bytes: Int
  private let count: Int
  private static let mark: Float = -1.25e33
  private static let marks = 16

  init(_ values: [Float]) {
    let page = Int(getpagesize())
    let payload = (values.count + Self.marks) * MemoryLayout<Float>.stride
    let readable = (payload + page - 1) / page * page
    count = values.count
    bytes = readable + page
    base = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    mprotect(base + readable, page, PROT_NONE)
    pointer = (base + readable).assumingMemoryBound(to: Float.self) - values.count
    for i in 1...Self.marks { pointer[-i] = Self.mark }
    for (i, value) in values.enumerated() { pointer[i] = value }
  }

  convenience init(zeros count: Int) { self.init(Array(repeating: 0, count: count)) }

  deinit { munmap(base, bytes) }

  var values: [Float] {
    #expect((1...Self.marks).allSatisfy { pointer[-$0] == Self.mark }, "written before the start")
    return Array(UnsafeBufferPointer(start: pointer, count: count))
  }
}

/// The same numbers at every run, in -span ..< span.
func someFloats(_ count: Int, seed: UInt64, span: Float = 2) -> [Float] {
  var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (Float(state >> 40) / Float(1 << 23) - 1) * span
  }
}

/// Compares element by element and names the worst; the bound is absolute + relative·|expected|.
func expectClose(
  _ actual: [Float], _ expected: [Double], absolute: Double = 0, relative: Double = 0,
  _ what: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(actual.count == expected.count, sourceLocation: sourceLocation)
  var worst = (index: 0, excess: -Double.infinity)
  for (i, (a, e)) in zip(actual, expected).enumerated() where Double(a) != e {
    let excess = abs(Double(a) - e) - absolute - relative * abs(e)
    if excess.isNaN || excess > worst.excess { worst = (i, excess.isNaN ? .infinity : excess) }
  }
  guard worst.excess > 0 else { return }
  Issue.record(
    "\(what) [\(worst.index)]: \(actual[worst.index]), not \(expected[worst.index])",
    sourceLocation: sourceLocation)
}

/// The gradient of `f` by central differences.
func centralDifferences(at x: [Double], _ f: ([Double]) -> Double) -> [Double] {
  let step = 1e-5
  return x.indices.map { i in
    var above = x, below = x
    above[i] += step
    below[i] -= step
    return (f(above) - f(below)) / (2 * step)
  }
}

func doubles(_ floats: [Float]) -> [Double] { floats.map(Double.init) }

func dotProduct(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).map(*).reduce(0, +) }

/// Row r of a matrix held row by row.
func row(_ r: Int, of matrix: [Double], width: Int) -> [Double] {
  Array(matrix[r * width..<(r + 1) * width])
}
