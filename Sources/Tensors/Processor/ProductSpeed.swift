import Synchronization

/// What computes on a rank and how fast: its processor, kernel and rates.
public struct ProductSpeed: Sendable, Equatable, Codable {
  /// The processor's name and numbers.
  public let processor: String
  /// What this program's own kernels are compiled for.
  public let instructions: String
  /// Who makes products: "own products", and by which instructions, or one of OpenBLAS's kernels.
  public let kernel: String
  /// A core's rate for products in the given precision, while all threads compute.
  public let rate: ProductRate
  /// The same in float32.
  public let float32: ProductRate

  public init(
    processor: String, instructions: String, kernel: String, rate: ProductRate,
    float32: ProductRate
  ) {
    self.processor = processor
    self.instructions = instructions
    self.kernel = kernel
    self.rate = rate
    self.float32 = float32
  }

  /// "avx512, own products".
  public var kernels: String { "\(instructions), \(kernel)" }

  /// Measures the team's threads, all at the same time; takes some tens of milliseconds.
  public static func measure(_ precision: GEMM.Precision = GEMM.precision) -> ProductSpeed {
    let float32 = ProductRate.ofTeam(.float32)
    return ProductSpeed(
      processor: Processor.current.name, instructions: Tensors.kernels.level,
      kernel: GEMM.maker,
      rate: precision == .float32 ? float32 : .ofTeam(precision), float32: float32)
  }

  /// A warning that these products are slow, with a remedy; nil where they are not.
  ///
  /// A kernel that suits its processor reaches at least two thirds of the multiply-adds.
  public var complaint: String? {
    if float32.share < 0.5 {
      return "products make \(float32.text) of \(processor) (\(kernels)). Check what else runs there"
    }
    if rate.products < 0.9 * float32.products {
      return "products in bfloat16 make \(rate.text) of \(processor), in float32 \(float32.text). "
        + "Set precision: float32"
    }
    return nil
  }
}

extension ProductRate {
  /// "117 GFLOP/s a core, 69% of the limit".
  public var text: String {
    let gigaflops = products / 1e9
    let digits = gigaflops < 10 ? (gigaflops * 10).rounded() / 10 : gigaflops.rounded()
    let number = gigaflops < 10 ? "\(digits)" : "\(Int(digits))"
    return "\(number) GFLOP/s a core, \(Int((100 * share).rounded()))% of the limit"
  }

  /// The mean of the team's threads.
  fileprivate static func ofTeam(_ precision: GEMM.Precision) -> ProductRate {
    let rates = Mutex<[ProductRate]>([])
    Threads.run { _, _ in
      let mine = measure(precision)
      rates.withLock { $0.append(mine) }
    }
    return rates.withLock { rates in
      func mean(_ part: (ProductRate) -> Double) -> Double {
        rates.map(part).reduce(0, +) / Double(rates.count)
      }
      return ProductRate(products: mean(\.products), limit: mean(\.limit))
    }
  }
}
