import Collectives
import Foundation
import Synchronization

/// Several ranks in one process, a thread each, for tests of what ranks compute together.
///
/// `@unchecked Sendable`: the shared places are used between two waits for all ranks only.
public final class ThreadRanks: @unchecked Sendable {
  private let size: Int
  private let condition = NSCondition()
  private var arrived = 0
  private var generation = 0
  fileprivate var slots: [[UInt8]]
  /// Messages from the first rank to the second that were not taken yet.
  private var messages: [[Int]: [[UInt8]]] = [:]

  private init(size: Int) {
    self.size = size
    slots = Array(repeating: [], count: size)
  }

  /// Runs `body` once per rank and gives what each returned, in rank order.
  public static func run<Value: Sendable>(
    _ size: Int, _ body: @escaping @Sendable (any Communicator) throws -> Value
  ) throws -> [Value] {
    let ranks = ThreadRanks(size: size)
    let results = Mutex([Result<Value, any Error>?](repeating: nil, count: size))
    let group = DispatchGroup()
    for rank in 0..<size {
      group.enter()
      Thread {
        let result = Result { try body(Rank(rank, of: ranks)) }
        results.withLock { $0[rank] = result }
        group.leave()
      }.start()
    }
    group.wait()
    return try results.withLock { $0 }.compactMap(\.self).map { try $0.get() }
  }

  /// Every rank's bytes.
  fileprivate func exchange(_ rank: Int, _ mine: [UInt8]) -> [[UInt8]] {
    condition.withLock { slots[rank] = mine }
    wait()
    defer { wait() }
    return condition.withLock { slots }
  }

  fileprivate func send(_ bytes: [UInt8], from: Int, to: Int) {
    condition.withLock {
      messages[[from, to], default: []].append(bytes)
      condition.broadcast()
    }
  }

  fileprivate func receive(from: Int, to: Int) -> [UInt8] {
    condition.lock()
    defer { condition.unlock() }
    while messages[[from, to], default: []].isEmpty { condition.wait() }
    return messages[[from, to], default: []].removeFirst()
  }

  private func wait() {
    condition.lock()
    defer { condition.unlock() }
    let mine = generation
    arrived += 1
    if arrived == size {
      (arrived, generation) = (0, generation + 1)
      condition.broadcast()
    }
    while generation == mine { condition.wait() }
  }

  private final class Rank: Communicator {
    let rank: Int
    let all: ThreadRanks
    var size: Int { all.size }

    init(_ rank: Int, of all: ThreadRanks) { (self.rank, self.all) = (rank, all) }

    func allReduceSum(_ values: inout [Double]) { reduce(&values, +) }

    func allReduceMax(_ values: inout [Double]) { reduce(&values, max) }

    func allGather(
      _ mine: UnsafeBufferPointer<Float>, counts: [Int],
      into target: UnsafeMutableBufferPointer<Float>
    ) {
      precondition(mine.count == counts[rank] && target.count == counts.reduce(0, +))
      let joined = Array(all.exchange(rank, Array(UnsafeRawBufferPointer(mine))).joined())
      UnsafeMutableRawBufferPointer(target).copyBytes(from: joined)
    }

    func allGather(_ mine: [UInt8]) -> [[UInt8]] { all.exchange(rank, mine) }

    func broadcast(_ bytes: inout [UInt8], from root: Int) {
      bytes = all.exchange(rank, bytes)[root]
    }

    func exchange(
      _ out: UnsafeRawBufferPointer, to: Int?, _ into: UnsafeMutableRawBufferPointer, from: Int?,
      patiently: Bool
    ) {
      if let to { all.send(Array(out), from: rank, to: to) }
      guard let from else { return }
      let bytes = all.receive(from: from, to: rank)
      precondition(bytes.count == into.count, "as many bytes as were sent")
      into.copyBytes(from: bytes)
    }

    func barrier() { _ = all.exchange(rank, []) }

    private func reduce(_ values: inout [Double], _ combine: (Double, Double) -> Double) {
      let parts = all.exchange(rank, values.withUnsafeBytes(Array.init)).map { bytes in
        bytes.withUnsafeBytes { Array($0.bindMemory(to: Double.self)) }
      }
      values = parts.dropFirst().reduce(parts[0]) { zip($0, $1).map(combine) }
    }
  }
}
