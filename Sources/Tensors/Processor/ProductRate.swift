import CKernels
import Glibc

/// How fast a core multiplies matrices, and how fast it multiplies and adds in registers.
public struct ProductRate: Sendable, Equatable, Codable {
  /// Floating-point operations of products per second, a multiply-add counted as two.
  public let products: Double
  /// The same for multiply-adds that wait for nothing.
  public let limit: Double

  public init(products: Double, limit: Double) {
    self.products = products
    self.limit = limit
  }

  /// `products` divided by `limit`; near 1 at best.
  public var share: Double { products / limit }

  /// Measures the calling thread; takes some ten milliseconds if all is well.
  ///
  /// Both sides take turns of equal length, so that a change of the machine's speed affects both.
  /// They count the thread's own processor time, so that other processes affect neither. The best
  /// of five counts, or of more where the result is suspiciously low.
  public static func measure(_ precision: GEMM.Precision = .float32) -> ProductRate {
    let rows = 256, depth = 256, columns = 512
    let a = Tensor([rows, depth]), b = Tensor([depth, columns]), c = Tensor([rows, columns])
    [a, b].forEach { $0.fill(0.5) }
    return withExtendedLifetime((a, b, c)) {
      let multiply = { GEMM.serial(Matrix(a), Matrix(b), into: Matrix(c), precision) }
      multiply()
      return measure(
        operations: 2 * Double(rows * depth * columns), multiply,
        beside: precision.limit)
    }
  }

  private static func measure(
    operations: Double, _ product: () -> Void, beside multiplyAdds: MultiplyAdds
  ) -> ProductRate {
    var products = 0.0, limit = 0.0
    for turn in 0..<15 where turn < 5 || products < limit / 2 {
      let seconds = threadSeconds(of: product)
      products = max(products, operations / seconds)
      limit = max(limit, multiplyAdds.rate(seconds: seconds))
    }
    return ProductRate(products: products, limit: limit)
  }
}

/// Multiply-adds of numbers that stay in registers: no product can be faster.
public enum MultiplyAdds: String, Sendable, CaseIterable {
  case sse2, avx2, avx512
  /// AVX512-BF16's dot products of two.
  case dots
  /// AMX's products of bfloat16 tiles.
  case tiles

  /// Whether this processor and its system support them.
  public var isSupported: Bool { multiply_adds_supported(kind) != 0 }

  /// The widest that are supported, in float32.
  public static var widest: MultiplyAdds {
    switch Processor.current.instructions {
    case .baseline: .sse2
    case .avx2: .avx2
    case .avx512: .avx512
    }
  }

  /// Operations per second of the calling thread's processor time, a multiply-add counted as two.
  /// - Parameter seconds: about how long to run.
  public func rate(seconds: Double) -> Double {
    precondition(isSupported, "\(self) on a processor without them")
    var operations = 0.0, spent = 0.0
    repeat {
      spent += threadSeconds { operations += multiply_adds(kind, 5000) }
    } while spent < seconds
    return operations / spent
  }

  private var kind: CKernels.multiply_adds {
    switch self {
    case .sse2: MULTIPLY_ADDS_SSE2
    case .avx2: MULTIPLY_ADDS_AVX2
    case .avx512: MULTIPLY_ADDS_AVX512
    case .dots: MULTIPLY_ADDS_DOTS
    case .tiles: MULTIPLY_ADDS_TILES
    }
  }
}

extension GEMM.Precision {
  fileprivate var limit: MultiplyAdds {
    switch self {
    case .float32: .widest
    case .bfloat16: BFloat16Instructions.fastest?.limit ?? .widest
    }
  }
}

/// Processor time of the calling thread that `body` takes.
private func threadSeconds(of body: () -> Void) -> Double {
  func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
  let start = now()
  body()
  return max(now() - start, 1e-9)
}
