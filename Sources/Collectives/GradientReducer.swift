/// Sums a step's gradients over the ranks, bucket by bucket in one fixed order.
///
/// When buckets travel and which thread moves them changes no bit: order and algorithm are the
/// plan's. Which tensors are complete each rank is told at its own time.
public final class GradientReducer {
  /// When buckets travel.
  public enum Overlap: String, Sendable, CaseIterable {
    /// After the backward pass.
    case off
    /// As soon as they are complete, moved by the thread that computes, between its operations.
    case buckets
    /// As soon as they are complete, moved by a thread of their own.
    case thread
  }

  public let plan: BucketPlan
  /// Of the next step.
  public var overlap: Overlap
  /// What this rank has sent since `begin`, and the seconds its buckets took: read it after
  /// `finish` or `gather`.
  public private(set) var travelled = (bytes: 0, seconds: 0.0)

  private let ranks: any Communicator
  private let kind: UInt64
  private var isAlone: Bool { ranks.size == 1 }
  private let mover: BucketMover
  private var carrier: BucketCarrier?
  /// Tensors of each bucket that may still be added to.
  private var pending: [Int] = []
  /// Buckets that are complete, and that were moved or handed over: always the first ones.
  private var complete = 0
  private var moved = 0

  /// - Parameters:
  ///   - isSharded: each rank gets the sums of the rows it owns, and no others.
  ///   - onJourney: told of every bucket by the thread that moved it.
  public init(
    _ plan: BucketPlan, over ranks: any Communicator, overlap: Overlap = .off,
    wire: Exchange.Wire = .float32, isSharded: Bool = false,
    onJourney: @escaping @Sendable (Journey) -> Void = { _ in }
  ) {
    self.plan = plan
    self.overlap = overlap
    self.ranks = ranks
    kind = (wire == .bfloat16 ? 1 : 0) + (isSharded ? 2 : 0)
    mover = BucketMover(plan, ranks, wire, isSharded: isSharded, onJourney)
  }

  /// Checks that all ranks have the same plan: call once before the first step. Collective.
  /// - Throws: `CollectiveError` where they differ.
  public func agree() throws(CollectiveError) {
    let hash = plan.hash &+ kind
    let halves = [Double(hash >> 32), Double(hash & 0xffff_ffff)]
    var extremes = halves + halves.map { -$0 }
    try ranks.allReduceMax(&extremes)
    guard extremes[0] == -extremes[2], extremes[1] == -extremes[3] else {
      throw CollectiveError("rank \(ranks.rank)", .plans)
    }
  }

  /// Begins a step. From the first `settle` to the return of `finish` nobody else may use the ranks:
  /// another thread may be using them, or another rank be in another call.
  /// - Parameter gradients: the plan's vector; it stays in its place until `finish`.
  public func begin(_ gradients: UnsafeMutableBufferPointer<Float>) {
    pending = plan.buckets.map(\.tensors.count)
    (complete, moved, travelled) = (0, 0, (0, 0))
    mover.begin(gradients)
  }

  /// Nothing will be added any more to the gradient of a tensor.
  public func settle(_ tensor: Int) {
    let bucket = plan.bucket(of: tensor)
    pending[bucket] -= 1
    precondition(pending[bucket] >= 0, "tensor \(tensor) is complete twice")
    while complete < pending.count, pending[complete] == 0 { complete += 1 }
    if overlap == .thread { handOver() }
  }

  /// Whether complete buckets wait for `move`.
  public var wantsMove: Bool { overlap == .buckets && moved < complete && !isAlone }

  /// Moves the buckets that are complete.
  public func move() throws(CollectiveError) {
    guard !isAlone else { return }
    while moved < complete {
      try mover.move(moved)
      moved += 1
    }
  }

  /// Returns when all gradients are summed, also those that nobody called complete.
  public func finish() throws(CollectiveError) {
    guard !isAlone else { return }
    complete = pending.count
    if overlap == .thread {
      handOver()
      try carrier?.wait(for: moved)
    } else {
      try move()
    }
    travelled = mover.travelled
  }

  /// Gives every rank the rows that others own. Collective.
  /// - Parameter values: a vector of the plan's shape, such as the weights.
  public func gather(_ values: UnsafeMutableBufferPointer<Float>) throws(CollectiveError) {
    guard !isAlone else { return }
    try mover.gather(values)
    travelled = mover.travelled
  }

  private func handOver() {
    guard !isAlone else { return }
    let carrier = self.carrier ?? BucketCarrier(mover)
    self.carrier = carrier
    while moved < complete {
      carrier.carry(moved)
      moved += 1
    }
  }
}
