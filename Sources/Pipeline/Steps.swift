extension Mixture {
  /// Steps until every source has been read `epochs` times. The slowest source decides: the largest
  /// `ceil(epochs · samples · Σweights / (batch · weight))`.
  ///
  /// - Throws: `PipelineError` if `epochs` is not a positive decimal of at most nine places, or if
  ///   there would be more steps than can be counted.
  public func steps(epochs: Double, samples: [Int]) throws(PipelineError) -> Int {
    precondition(samples.count == weights.count, "samples of each source")
    guard epochs > 0, let scale = decimalScale(of: [epochs]) else {
      throw PipelineError("epochs", .notPositive("\(epochs)"))
    }
    guard epochs <= 1e9 else { throw PipelineError("epochs", .tooManySteps) }
    let scaled = Int((epochs * scale).rounded())
    var most = 0
    for (count, weight) in zip(samples, weights) {
      guard
        let pairs = [scaled, count, total].exactProduct,
        let perStep = [batch, weight, Int(scale)].exactProduct,
        let steps = Int(exactly: pairs.ceilingDivided(by: perStep))
      else { throw PipelineError("epochs", .tooManySteps) }
      most = max(most, steps)
    }
    return most
  }

  /// Steps until `pairs` pairs of all sources together have been read.
  public func steps(pairs: Int) throws(PipelineError) -> Int {
    guard pairs > 0 else { throw PipelineError("samples", .notPositive("\(pairs)")) }
    return (pairs - 1) / batch + 1
  }
}

extension [Int] {
  fileprivate var exactProduct: UInt128? {
    var product: UInt128 = 1
    for factor in self {
      let (next, overflow) = product.multipliedReportingOverflow(by: UInt128(factor))
      if overflow { return nil }
      product = next
    }
    return product
  }
}

extension UInt128 {
  fileprivate func ceilingDivided(by divisor: UInt128) -> UInt128 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder == 0 ? quotient : quotient + 1
  }
}
