import CKernels
import Tensors
import Testing

@Suite("Products of factors rounded to bfloat16")
struct BFloat16ProductTests {
  static let shapes = [
    (1, 1, 1), (5, 31, 17), (16, 32, 16), (17, 33, 15), (31, 64, 33), (32, 77, 32), (33, 100, 31),
    (64, 20, 130), (7, 1040, 70), (100, 2050, 3),
  ]

  /// Every kernel that this processor runs, and the plain one.
  static let kernels: [(name: String, kernel: product_kernel)] =
    [("plain tiles", product_plain_tiles().pointee)]
    + BFloat16Instructions.allCases.compactMap { way in
      way.kernel.map { (way.title, $0.pointee) }
    }

  @Test("are near the exact products, by each kind of instructions", arguments: kernels.indices)
  func exact(index: Int) {
    let (name, kernel) = Self.kernels[index]
    for (layout, (rows, depth, columns)) in Self.shapes.enumerated() {
      let trial = ProductTrial(rows, depth, columns, layout: layout * 7)
      let bound = Double(depth + 4) * 0x1p-24
      let isNear = zip(trial.result(of: kernel), trial.exact(\.rounded)).allSatisfy {
        abs(Double($0) - $1.sum) <= bound * $1.size
      }
      #expect(isNear, "\(name): \(rows) × \(depth) × \(columns)")
    }
  }

  @Test(
    "AMX has the bits of its meaning in plain C, denormals too",
    .enabled(if: product_tiles() != nil), arguments: [1, 1e-30, 1e-38] as [Float])
  func tiles(scale: Float) throws {
    let tiles = try #require(product_tiles()).pointee
    for (layout, (rows, depth, columns)) in Self.shapes.enumerated() {
      let trial = ProductTrial(rows, depth, columns, layout: layout * 7, scale: scale)
      let areEqual = trial.result(of: tiles) == trial.result(of: product_plain_tiles().pointee)
      #expect(areEqual, "\(rows) × \(depth) × \(columns)")
    }
  }

  @Test(
    "by multiply-adds they have the bits of plain chains, at every level",
    arguments: KernelLevel.all.filter { $0.table.rounded_products != nil })
  func rounded(level: KernelLevel) throws {
    let kernel = try #require(level.table.rounded_products).pointee
    for (layout, (rows, depth, columns)) in Self.shapes.enumerated() {
      let trial = ProductTrial(rows, depth, columns, layout: layout * 7)
      let areEqual = trial.result(of: kernel) == trial.plain(\.rounded)
      #expect(areEqual, "\(rows) × \(depth) × \(columns)")
    }
  }

  @Test("have the same bits on any number of threads")
  func threads() async {
    await #expect(processExitsWith: .success) {
      for (_, kernel) in Self.kernels {
        let trial = ProductTrial(190, 70, 400, layout: 13)
        let alone = trial.result(of: kernel)
        for threads in [2, 3, 5] {
          try Threads.start(threads)
          let areEqual = trial.result(of: kernel, sharing: true) == alone
          #expect(areEqual)
        }
      }
    }
  }
}

extension Float {
  /// To nearest, ties to even.
  fileprivate var rounded: Float {
    Float(bitPattern: (bitPattern + 0x7fff + (bitPattern >> 16 & 1)) & 0xffff_0000)
  }
}
