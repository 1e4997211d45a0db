import Autograd
import Collectives
import Tensors

/// The rows of every tensor that a rank updates, in whole row blocks, and how it gets what it needs
/// of the other ranks' rows.
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

  /// Completes numbers each of which is zero on all ranks but one. Collective.
  func share(_ numbers: inout [Double]) throws(CollectiveError) {
    try ranks.allReduceSum(&numbers)
  }
}

extension Optional where Wrapped == Shard {
  /// Without a shard a rank updates every row.
  func rows(of parameter: Parameter) -> Range<Int> {
    self?.rows(of: parameter) ?? 0..<parameter.rows
  }

  /// Runs `body` on the elements of every row block that this rank updates. How a kernel rounds
  /// depends on where its elements begin and end; these ends are the same for every number of
  /// ranks.
  func forEachBlock(of parameter: Parameter, _ body: (_ elements: Range<Int>) -> Void) {
    let blocks = RowBlocks(rows: parameter.rows), width = parameter.width
    let held = blocks.blocks(of: rows(of: parameter))
    func run(_ block: Int) {
      body(blocks[block].lowerBound * width..<blocks[block].upperBound * width)
    }
    guard parameter.count > 16_384 else { return held.forEach(run) }
    Threads.tasks(held.count) { task, _ in run(held.lowerBound + task) }
  }
}
