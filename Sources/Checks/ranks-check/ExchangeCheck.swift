import Collectives
import Foundation

/// Halving and doubling, and buckets that are summed in this way, at every awkward size.
extension CollectivesCheck {
  func exchanges() throws {
    try smallExchanges()
    try sums(1023, Exchange(ranks))
    try sums(1 << 20 + 77, Exchange(ranks))
    try tree()
    for wire in Exchange.Wire.allCases {
      for isSharded in [false, true] { try buckets(wire, isSharded: isSharded) }
    }
  }

  /// The exchanges that may be divided into messages of a few bytes.
  func smallExchanges() throws {
    for wire in Exchange.Wire.allCases {
      for patiently in [false, true] {
        let exchange = Exchange(ranks, wire: wire, patiently: patiently)
        for count in Array(0...9) + [size - 1, size, size + 1] { try sums(count, exchange) }
      }
    }
    try scattered()
  }

  /// Whole numbers that are exact in bfloat16, as are their sums.
  private func small(_ rank: Int, _ i: Int) -> Float { Float((i * 7 + rank * 13) % 31 - 15) }

  private func sums(_ count: Int, _ exchange: Exchange) throws {
    var values = (0..<count).map { small(rank, $0) }
    try values.withUnsafeMutableBufferPointer { try exchange.allReduceSum($0) }
    let wrong = values.indices.first { i in
      values[i] != (0..<size).reduce(0) { $0 + small($1, i) }
    }
    try expect(wrong == nil, "exchanged sum of \(count), element \(wrong ?? 0)")
  }

  /// Numbers whose sums round, added in the order of a power of two's tree.
  private func tree() throws {
    func number(_ rank: Int, _ i: Int) -> Float { 1 / (small(rank, i) + 0.37 * Float(rank + 1)) }
    var values = (0..<10_007).map { number(rank, $0) }
    try values.withUnsafeMutableBufferPointer { try Exchange(ranks).allReduceSum($0) }
    let all = try ranks.allGather(values.withUnsafeBytes { Array($0) })
    try expect(all.allSatisfy { $0 == all[0] }, "exchanged: the same bits on every rank")
    guard size & (size - 1) == 0 else { return }
    for i in values.indices {
      var parts = (0..<size).map { number($0, i) }
      while parts.count > 1 {
        let half = parts.count / 2
        parts = (0..<half).map { parts[$0] + parts[$0 + half] }
      }
      try expect(values[i] == parts[0], "the tree's sum of element \(i)")
    }
  }

  /// Parts with gaps between them, some of them empty.
  private func scattered() throws {
    for length in [0, 1, 5] {
      let parts = (0..<size).map { rank in
        10 * rank + 3..<10 * rank + 3 + (rank % 2 == 0 ? length : 2)
      }
      let exchange = Exchange(ranks)
      var values = (0..<10 * size + 20).map { small(rank, $0) }
      try values.withUnsafeMutableBufferPointer { values in
        guard let start = values.baseAddress else { return }
        try exchange.reduceScatter(start, parts)
        try exchange.allGather(start, parts, as: .float32)
      }
      for i in values.indices {
        let isSummed = parts.contains { $0.contains(i) }
        let sum = (0..<size).reduce(Float(0)) { $0 + small($1, i) }
        try expect(values[i] == (isSummed ? sum : small(rank, i)), "scattered element \(i)")
      }
    }
  }

  /// A model's gradients, completed in an order that differs between ranks.
  private func buckets(_ wire: Exchange.Wire, isSharded: Bool) throws {
    let shapes = [(1, 3), (70, 5), (1, 1), (130, 4), (2, 2)]
    let count = shapes.reduce(0) { $0 + $1.0 * $1.1 }
    var sizes = BucketPlan.Sizes()
    (sizes.bucket, sizes.trip) = (4, 100)
    let plan = BucketPlan(shapes, ranks: size, sizes)
    var found: [[Float]] = []
    for overlap in GradientReducer.Overlap.allCases {
      let reducer = GradientReducer(
        plan, over: ranks, overlap: overlap, wire: wire, isSharded: isSharded)
      try reducer.agree()
      var values = [Float](repeating: 0, count: count)
      for _ in 1...3 {
        for i in values.indices { values[i] = 1 / (small(rank, i) + 0.4) }
        try values.withUnsafeMutableBufferPointer { values in
          reducer.begin(values)
          for tensor in (0..<shapes.count - rank % 2).reversed() {
            reducer.settle(tensor)
            if reducer.wantsMove { try reducer.move() }
          }
          try reducer.finish()
          if isSharded { try reducer.gather(values) }
        }
      }
      try expect(size == 1 || reducer.travelled.bytes > 0, "bytes are counted")
      found.append(values)
    }
    try expect(found.allSatisfy { $0 == found[0] }, "overlap changes no bit")
    let all = try ranks.allGather(found[0].withUnsafeBytes { Array($0) })
    try expect(all.allSatisfy { $0 == all[0] }, "buckets: the same bits on every rank")
    for (i, value) in found[0].enumerated() {
      let sum = (0..<size).reduce(0.0) { $0 + 1 / (Double(small($1, i)) + 0.4) }
      let largest = (0..<size).map { abs(1 / (Double(small($0, i)) + 0.4)) }.max() ?? 0
      let bound = (wire == .float32 ? 1e-6 : 1.0 / 64) * largest * Double(size)
      try expect(abs(Double(value) - sum) <= bound, "bucket element \(i)")
    }
  }
}
