import Collectives
import Foundation

/// Every operation at every awkward size, with whole numbers, whose sums are exact.
struct CollectivesCheck {
  let ranks: any Communicator
  let size: Int
  let rank: Int

  struct Wrong: Error, ExitCoded, CustomStringConvertible {
    let description: String
    let exitCode = ExitCode.internal
  }

  init(_ ranks: any Communicator) {
    self.ranks = ranks
    size = ranks.size
    rank = ranks.rank
  }

  func run() throws {
    for count in [0, 1, size - 1, size, size + 1, 1023] {
      try gathers(counts: [Int](repeating: count, count: size))
    }
    try unequal()
    try exchanges([0, 1, 1023])
    try bytes(scales: [0, 1, 1000])
    try doubles([0, 1, 5, 1000])
    try exchanges()
    // Everything again in calls of a few elements: buffers beyond 32 bits are divided in this way.
    if let mpi = ranks as? MPICommunicator {
      mpi.limits.reduction = 2
      mpi.limits.call = 3
      try unequal()
      try exchanges([0, 1, 3, 7])
      try bytes(scales: [0, 1, 5])
      try doubles([0, 1, 5])
      try smallExchanges()
    }
    try ranks.barrier()
    if rank == 0 { print("OK \(size)") }
  }

  /// Repeats after 1000 elements.
  private func value(_ rank: Int, _ i: Int) -> Float { Float((i * 7 + rank * 13) % 1000 - 500) }

  private func gathers(counts: [Int]) throws {
    let expected = (0..<size).flatMap { other in (0..<counts[other]).map { value(other, $0) } }
    let mine = (0..<counts[rank]).map { value(rank, $0) }
    var all = [Float](repeating: .nan, count: expected.count)
    try mine.withUnsafeBufferPointer { mine in
      try all.withUnsafeMutableBufferPointer { all in
        try ranks.allGather(mine, counts: counts, into: all)
      }
    }
    try expect(all == expected, "gather of \(counts)")
    let before = counts[..<rank].reduce(0, +)
    all = [Float](repeating: .nan, count: expected.count)
    all.replaceSubrange(before..<before + mine.count, with: mine)
    try all.withUnsafeMutableBufferPointer { all in
      let place = UnsafeBufferPointer(rebasing: all[before..<before + mine.count])
      try ranks.allGather(place, counts: counts, into: all)
    }
    try expect(all == expected, "gather in place of \(counts)")
  }

  private func unequal() throws {
    try gathers(counts: (0..<size).map { $0 * 3 })
    try gathers(counts: (0..<size).map { (size - $0) * 5 - 5 })
    try gathers(counts: (0..<size).map { $0 == size / 2 ? 11 : 0 })
    try gathers(counts: [Int](repeating: 0, count: size))
  }

  /// Around the ring, with parts of different lengths.
  private func exchanges(_ counts: [Int]) throws {
    for count in counts {
      for distance in 0..<size {
        let sender = (rank + distance) % size, receiver = (rank + size - distance) % size
        let mine = (0..<count + rank).map { value(rank, $0) }
        var theirs = [Float](repeating: .nan, count: count + sender)
        try mine.withUnsafeBufferPointer { mine in
          try theirs.withUnsafeMutableBufferPointer {
            try ranks.exchange(mine, to: receiver, into: $0, from: sender)
          }
        }
        let expected = (0..<count + sender).map { value(sender, $0) }
        try expect(theirs == expected, "exchange of \(count) over \(distance)")
      }
    }
  }

  private func bytes(scales: [Int]) throws {
    for scale in scales {
      let expected = (0..<size).map { [UInt8](repeating: UInt8($0 + 1), count: $0 * scale) }
      try expect(ranks.allGather(expected[rank]) == expected, "gather of bytes")
      for root in 0..<size {
        var text = expected[rank]
        try ranks.broadcast(&text, from: root)
        try expect(text == expected[root], "broadcast from \(root)")
      }
    }
  }

  private func doubles(_ counts: [Int]) throws {
    for count in counts {
      var sum = (0..<count).map { Double($0 + rank) }
      try ranks.allReduceSum(&sum)
      let expected = (0..<count).map { Double($0 * size + size * (size - 1) / 2) }
      try expect(sum == expected, "sum of \(count) doubles")
      var largest = (0..<count).map { Double(($0 + rank) % size) - 3 }
      try ranks.allReduceMax(&largest)
      try expect(largest == [Double](repeating: Double(size) - 4, count: count), "largest")
    }
    for odd in 0..<size {
      var values = [rank == odd ? Double.nan : 1, -.infinity, rank == odd ? .infinity : 0]
      try ranks.allReduceMax(&values)
      try expect(values[0].isNaN && values[1] == -.infinity && values[2] == .infinity, "NaN wins")
    }
  }

  func expect(_ holds: Bool, _ what: @autoclosure () -> String) throws {
    if !holds { throw Wrong(description: what()) }
  }
}
