import Collectives
import Foundation

/// Checks sums of whole numbers over all ranks, which are exact in any order. They are made as sums
/// of gradients are, and in the same sizes.
struct SumsCheck {
  private let ranks: any Communicator
  private let exchange: Exchange

  init(_ ranks: any Communicator) {
    self.ranks = ranks
    exchange = Exchange(ranks)
  }

  /// - Returns: the median seconds of an all-reduce of 4 MiB.
  /// - Throws: `RankError` where a sum is wrong on some rank. Collective.
  func run() throws -> Double {
    for count in [1, 1000, 1 << 16, 1 << 20, 1 << 20 + 77] { try check(count) }
    var values = [Float](repeating: 1, count: 1 << 20)
    return try (0..<5).map { _ in
      try ranks.barrier()
      let start = ContinuousClock.now
      try values.withUnsafeMutableBufferPointer { try exchange.allReduceSum($0) }
      return (ContinuousClock.now - start) / .seconds(1)
    }.median
  }

  /// A rank's element; the values repeat after 1000 elements.
  private func value(_ rank: Int, _ index: Int) -> Float {
    Float((index * 7 + rank * 13) % 1000 - 500)
  }

  private func check(_ count: Int) throws {
    var values = (0..<count).map { value(ranks.rank, $0) }
    try values.withUnsafeMutableBufferPointer { try exchange.allReduceSum($0) }
    try together(ranks) {
      let expected = (0..<1000).map { index in
        (0..<ranks.size).reduce(0) { $0 + value($1, index) }
      }
      let wrong = values.indices.first { values[$0] != expected[$0 % 1000] }
      guard let wrong else { return }
      throw SelfTestError(
        what: "a sum of \(count) floats over all ranks is \(values[wrong]) at \(wrong), but "
          + "\(expected[wrong % 1000]) is right",
        remedy: "Check that all hosts have the same versions of Open MPI and of this program")
    }
  }
}
