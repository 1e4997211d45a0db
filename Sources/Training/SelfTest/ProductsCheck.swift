import Foundation
import Tensors

/// Compares products of every layout and of awkward sizes with a scalar reference in float64.
enum ProductsCheck {
  private static let shapes = [
    (1, 1, 1), (3, 5, 7), (16, 16, 16), (17, 33, 65), (64, 96, 48), (130, 257, 70), (5, 700, 260),
  ]

  /// - Returns: GFLOP/s of a large product with this rank's threads.
  /// - Throws: `SelfTestError` where a product is farther off than rounding can bring it.
  static func run() throws -> Double {
    for precision in GEMM.Precision.allCases where precision.isSupported {
      for (rows, depth, columns) in shapes {
        for layout in 0..<4 {
          try check(
            rows, depth, columns, transposes: (layout & 1 != 0, layout & 2 != 0), precision)
        }
      }
    }
    return rate()
  }

  private static func check(
    _ rows: Int, _ depth: Int, _ columns: Int, transposes: (Bool, Bool),
    _ precision: GEMM.Precision
  ) throws {
    let left = values(rows * depth, "left"), right = values(depth * columns, "right")
    let a = Matrix(left.pointer, rows: rows, columns: depth, isTransposed: transposes.0)
    let b = Matrix(right.pointer, rows: depth, columns: columns, isTransposed: transposes.1)
    let shared = Tensor.zeros([rows * columns]), alone = Tensor.zeros([rows * columns])
    GEMM.multiply(a, b, into: Matrix(shared.pointer, rows: rows, columns: columns), precision)
    GEMM.serial(a, b, into: Matrix(alone.pointer, rows: rows, columns: columns), precision)
    let rounding = Double(depth + 2) * 0x1p-23 + (precision == .bfloat16 ? 0x1p-7 : 0)
    for row in 0..<rows {
      for column in 0..<columns {
        var sum = 0.0, size = 0.0
        for k in 0..<depth {
          let x = left.pointer[transposes.0 ? k * rows + row : row * depth + k]
          let y = right.pointer[transposes.1 ? column * depth + k : k * columns + column]
          sum += Double(x) * Double(y)
          size += abs(Double(x) * Double(y))
        }
        for found in [shared, alone].map({ Double($0.pointer[row * columns + column]) })
        where !(abs(found - sum) <= rounding * size) {
          throw SelfTestError(
            what: "a \(precision.rawValue) product of \(rows) × \(depth) × \(columns) has "
              + "\(found) where \(sum) is expected (\(kernels.level), \(GEMM.maker))",
            remedy: "Set COCA_INSTRUCTIONS=avx2 or baseline and report it")
        }
      }
    }
  }

  private static func values(_ count: Int, _ name: String) -> Tensor {
    let random = CounterRandom(seed: 1, .text(name), KeyPart(count))
    let tensor = Tensor.zeros([count])
    for index in 0..<count {
      tensor.pointer[index] = Float(random.below(2001, at: UInt64(index))) / 1000 - 1
    }
    return tensor
  }

  private static func rate() -> Double {
    let size = 512
    let a = values(size * size, "left"), b = values(size * size, "right")
    let c = Tensor.zeros([size * size])
    func matrix(_ tensor: Tensor) -> Matrix {
      Matrix(tensor.pointer, rows: size, columns: size)
    }
    let seconds = (0..<10).map { _ in
      let start = ContinuousClock.now
      GEMM.multiply(matrix(a), matrix(b), into: matrix(c))
      return (ContinuousClock.now - start) / .seconds(1)
    }
    return 2 * Double(size * size * size) / seconds.median / 1e9
  }
}
