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
        let trial = ProductTrial(rows, depth, columns, layout: index + rows)
        let expected = trial.plain()
        let isEqual = trial.result(of: kernel) == expected
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
            let trial = ProductTrial(rows, depth, columns, layout: rows + depth)
            all += trial.result(of: kernel, sharing: true)
          }
          seen.append(all)
        }
      }
      let areEqual = seen.allSatisfy { $0 == seen[0] }
      #expect(areEqual && seen.count > 1)
    }
  }
}

extension [Int] {
  /// The same elements in another order for each number.
  fileprivate func shuffled(by number: Int) -> [Int] {
    indices.map { self[($0 * 5 + number * 3) % count] }
  }
}
