import Autograd
import Collectives
import Tensors

/// The rows of every tensor that a rank updates, whole row blocks, and what it must hear of the
/// others' rows.
public struct Shard {
  private let plan: BucketPlan
  private let ranks: any Communicator

  public init(_ plan: BucketPlan, over ranks: any Communicator) {
    self.plan = plan
    self.ranks = ranks
  }

  public func rows(of parameter: Parameter) -> Range<Int> {
    plan.rows(of: parameter.index, rank: ranks.rank)
  }

  /// Completes sums of which each rank has those of its own row blocks. Collective.
  /// - Parameter sums: `[blocks, width]`.
  func share(_ sums: Tensor, of parameter: Parameter) throws(CollectiveError) {
    let blocks = RowBlocks(rows: parameter.rows)
    let counts = (0..<ranks.size).map { rank in
      blocks.blocks(of: plan.rows(of: parameter.index, rank: rank)).count * sums.width
    }
    let before = counts[..<ranks.rank].reduce(0, +)
    let mine = UnsafeBufferPointer(start: sums.pointer + before, count: counts[ranks.rank])
    try ranks.allGather(mine, counts: counts, into: sums.buffer)
  }

  /// Completes numbers of which each is zero on all ranks but one. Collective.
  func share(_ numbers: inout [Double]) throws(CollectiveError) {
    try ranks.allReduceSum(&numbers)
  }
}

extension Optional where Wrapped == Shard {
  /// Without a shard a rank updates every row.
  func rows(of parameter: Parameter) -> Range<Int> {
    self?.rows(of: parameter) ?? 0..<parameter.rows
  }
}
