import CKernels

/// What multiplies factors that are rounded to bfloat16. All sums are in float32, but each of these
/// adds in an order of its own.
public enum BFloat16Instructions: Sendable, CaseIterable {
  /// Products of whole tiles: AMX.
  case tiles
  /// Dot products of two: AVX512-BF16.
  case dots
  /// Those of float32, from AVX2 up.
  case multiplyAdds

  /// The fastest on this processor, by measurement: that a processor has instructions says nothing
  /// of their speed. Nil where it has none of them. The first call takes some milliseconds.
  public static let fastest: BFloat16Instructions? = allCases.filter { $0.kernel != nil }
    .map { (instructions: $0, rate: $0.limit.rate(seconds: 0.001)) }
    .max { $0.rate < $1.rate }?.instructions

  /// As headers and messages call them.
  public var title: String {
    switch self {
    case .tiles: "AMX"
    case .dots: "AVX512-BF16"
    case .multiplyAdds: "multiply-adds"
    }
  }

  /// Nil where this processor lacks them.
  package var kernel: UnsafePointer<product_kernel>? {
    switch self {
    case .tiles: product_tiles()
    case .dots: product_dots()
    case .multiplyAdds: kernels.rounded_products
    }
  }

  /// The most that they can make.
  var limit: MultiplyAdds {
    switch self {
    case .tiles: .tiles
    case .dots: .dots
    case .multiplyAdds: .widest
    }
  }
}
