import CKernels
import Tensors
import Testing

@Suite("Products in blocks")
struct BlockedProductTests {
  static let levels = KernelLevel.all.filter { $0.table.products != nil }
  /// Around the edges of tiles, panels, groups of lines and blocks of depth.
  static let lines = [1, 5, 6, 7, 13, 14, 15, 16, 17, 31, 32, 33, 64, 130]
  static let depths = [0, 1, 2, 15, 16, 17, 100, 511, 512, 513, 1040]

  @Test("have the bits of plain chains of multiply-adds, at every level", arguments: levels)
  func plain(level: KernelLevel) throws {
    let kernel = try #require(level.table.products).pointee
    for (index, depth) in Self.depths.enumerated() {
      for (rows, columns) in zip(Self.lines, Self.lines.shuffled(by: index)) {
        let trial = Trial(rows, depth, columns, layout: index + rows)
        let expected = trial.plain()
        BlockedProduct(kernel, trial.a, trial.b, into: trial.c, trial.addend).run(sharing: false)
        let isEqual = trial.result == expected
        #expect(isEqual, "\(rows) × \(depth) × \(columns), layout \(index + rows)")
      }
    }
  }

  @Test("packing writes each number of its panels, and none beyond", arguments: levels)
  func panels(level: KernelLevel) throws {
    let kernel = try #require(level.table.products).pointee
    for (width, pack) in [
      (kernel.rows, kernel.pack_rows), (kernel.columns, kernel.pack_columns),
    ] {
      for (lines, depth) in zip(Self.lines, [1, 2, 3, 15, 16, 17, 33, 64, 5, 31, 48, 2, 7, 19]) {
        let source = GuardedFloats(someFloats(lines * depth, seed: 1))
        for isAlongDepth in [false, true] {
          let panels = (lines + width - 1) / width
          let out = GuardedFloats(Array(repeating: .nan, count: panels * width * depth))
          pack(
            factor_lines(
              start: source.pointer, line: isAlongDepth ? depth : 1,
              step: isAlongDepth ? 1 : lines, lines: lines, depth: depth), out.pointer)
          let expected = (0..<panels * depth * width).map { index -> Float in
            let line = index / (depth * width) * width + index % width
            let place = index % (depth * width) / width
            guard line < lines else { return 0 }
            return source.pointer[isAlongDepth ? line * depth + place : place * lines + line]
          }
          let isRight = out.values == expected
          #expect(isRight, "\(lines) lines, depth \(depth), width \(width), \(isAlongDepth)")
        }
      }
    }
  }

  @Test("have the same bits on any number of threads, at every level")
  func threads() async {
    await #expect(processExitsWith: .success) {
      var seen: [[Float]] = []
      for level in Self.levels {
        let kernel = try #require(level.table.products).pointee
        for threads in [1, 2, 3, 5] {
          try Threads.start(threads)
          var all: [Float] = []
          for (rows, depth, columns) in [(130, 513, 70), (70, 100, 400), (900, 40, 15)] {
            let trial = Trial(rows, depth, columns, layout: rows + depth)
            BlockedProduct(kernel, trial.a, trial.b, into: trial.c, trial.addend)
              .run(sharing: true)
            all += trial.result
          }
          seen.append(all)
        }
      }
      let areEqual = seen.allSatisfy { $0 == seen[0] }
      #expect(areEqual && seen.count > 1)
    }
  }
}

/// Operands of one product, each at the end of its memory.
private final class Trial {
  let a: Matrix, b: Matrix, c: Matrix
  let addend: Addend
  private let left: GuardedFloats, right: GuardedFloats, out: GuardedFloats, bias: GuardedFloats
  private let keep: Float
  private let hasBias: Bool

  /// - Parameter layout: its lowest four bits say which factors are transposed and what is added.
  init(_ rows: Int, _ depth: Int, _ columns: Int, layout: Int) {
    left = GuardedFloats(someFloats(rows * depth, seed: 1))
    right = GuardedFloats(someFloats(depth * columns, seed: 2))
    out = GuardedFloats(someFloats(rows * columns, seed: 3))
    bias = GuardedFloats(someFloats(columns, seed: 4))
    a = Matrix(left.pointer, rows: rows, columns: depth, isTransposed: layout & 1 != 0)
    b = Matrix(right.pointer, rows: depth, columns: columns, isTransposed: layout & 2 != 0)
    c = Matrix(out.pointer, rows: rows, columns: columns)
    (keep, hasBias) = (layout & 4 != 0 ? 0.5 : 0, layout & 8 != 0)
    addend = hasBias
      ? Addend(layout & 4 != 0 ? c : nil, bias: bias.pointer) : Addend(keep, of: c)
  }

  var result: [Float] { out.values }

  /// One chain for each block of depth; the addend after the first one.
  func plain() -> [Float] {
    let blocks = max(1, (a.columns + BlockedProduct.depthBlock - 1) / BlockedProduct.depthBlock)
    let length = ((a.columns + blocks - 1) / blocks + 15) / 16 * 16
    return (0..<c.rows * c.columns).map { index in
      let (row, column) = (index / c.columns, index % c.columns)
      var total: Float = 0
      for first in stride(from: 0, to: max(a.columns, 1), by: max(length, 1)) {
        var sum: Float = 0
        for k in first..<min(first + length, a.columns) {
          sum.addProduct(a[row, k], b[k, column])
        }
        total = first == 0 ? with(addend: sum, index, column) : sum + total
      }
      return total
    }
  }

  private func with(addend sum: Float, _ index: Int, _ column: Int) -> Float {
    var sum = sum
    if addend.matrix != nil { sum.addProduct(addend.keep, out.pointer[index]) }
    return addend.bias.map { sum + $0[column] } ?? sum
  }
}

extension Matrix {
  fileprivate subscript(row: Int, column: Int) -> Float {
    isTransposed ? pointer[column * stride + row] : pointer[row * stride + column]
  }
}

extension [Int] {
  /// The same elements in another order for each number.
  fileprivate func shuffled(by number: Int) -> [Int] {
    indices.map { self[($0 * 5 + number * 3) % count] }
  }
}
