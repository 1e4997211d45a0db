import Checkpoints
import Collectives
import Optimizers
import Tensors

/// Collects the optimizer's state on rank 0, which writes it: one tensor at a time, so that no rank
/// ever holds more of the others' parts than that.
///
/// Rank 0 writes `sources`; then all ranks call `finish`.
final class StateCollector {
  private let state: [OptimizerState]
  private let ranks: any Communicator
  /// What each rank holds of each tensor.
  private let held: [[Range<Int>]]
  private var next = 0
  private var failure: CollectiveError?

  /// Collective.
  init(_ state: [OptimizerState], over ranks: any Communicator) throws {
    self.state = state
    self.ranks = ranks
    let mine = state.flatMap { [Int64($0.held.lowerBound), Int64($0.held.upperBound)] }
    held = try ranks.allGather(mine.withUnsafeBytes(Array.init)).map { bytes in
      let bounds = bytes.withUnsafeBytes { Array($0.bindMemory(to: Int64.self)) }
      return state.indices.map { Int(bounds[2 * $0])..<Int(bounds[2 * $0 + 1]) }
    }
  }

  /// Whole tensors, on rank 0, which must be written in this order.
  var sources: [TensorSource] {
    state.enumerated().map { index, part in
      if held[0][index].count == part.shape.reduce(1, *) {
        return TensorSource(part.name, part.tensor)
      }
      return TensorSource(part.name, shape: part.shape) { [self] () throws(CheckpointError) in
        while next < index { try pass() }
        return try pass()
      }
    }
  }

  /// Exchanges what rank 0 has not asked for: everything where its writing has failed. Collective.
  /// - Throws: `CollectiveError` if a rank is lost.
  func finish() throws {
    while next < state.count, failure == nil { _ = try? pass() }
    if let failure { throw failure }
  }

  /// Makes the next tensor whole on rank 0; the other ranks send their parts of it. Collective.
  @discardableResult
  private func pass() throws(CheckpointError) -> Tensor {
    let part = state[next]
    do throws(CollectiveError) {
      let tensor = try collect(part, held.map { $0[next] })
      next += 1
      return tensor
    } catch {
      failure = error
      throw CheckpointError("the optimizer's state", .missing("\(part.name): \(error)"))
    }
  }

  private func collect(
    _ part: OptimizerState, _ held: [Range<Int>]
  ) throws(CollectiveError) -> Tensor {
    guard held[0].count < part.shape.reduce(1, *) else { return part.tensor }
    let none = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    guard ranks.rank == 0 else {
      if !held[ranks.rank].isEmpty {
        try ranks.exchange(
          UnsafeRawBufferPointer(part.tensor.buffer), to: 0, none, from: nil, patiently: false)
      }
      return part.tensor
    }
    let whole = Tensor(part.shape)
    (whole.pointer + held[0].lowerBound).update(from: part.tensor.pointer, count: held[0].count)
    for (rank, elements) in held.enumerated().dropFirst() where !elements.isEmpty {
      let place = UnsafeMutableRawBufferPointer(
        start: whole.pointer + elements.lowerBound, count: 4 * elements.count)
      try ranks.exchange(
        UnsafeRawBufferPointer(none), to: nil, place, from: rank, patiently: false)
    }
    return whole
  }
}
