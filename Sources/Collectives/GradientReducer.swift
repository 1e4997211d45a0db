/// Sums a step's gradients over the ranks, bucket by bucket in one fixed order.
///
/// When buckets are sent, and by which thread, changes no bit: order and algorithm are the plan's.
/// Each rank may complete its tensors at its own time.
public final class GradientReducer {
  /// When buckets are sent.
  public enum Overlap: String, Sendable, CaseIterable {
    /// After the backward pass.
    case off
    /// As soon as they are complete, by the thread that computes, between its operations.
    case buckets
    /// As soon as they are complete, by a thread that does nothing else.
    case thread
  }

  public let plan: BucketPlan
  /// How the next step's buckets are sent.
  public var overlap: Overlap
  /// The bytes this rank has sent since `begin`, and the seconds its buckets took. Read it after
  /// `finish` or `gather`.
  public private(set) var travelled = (bytes: 0, seconds: 0.0)

  private let ranks: any Communicator
  private let kind: UInt64
  private var isAlone: Bool { ranks.size == 1 }
  private let mover: BucketMover
  private var carrier: BucketCarrier?
  /// How many tensors of each bucket are not yet complete.
  private var pending: [Int] = []
  /// How many buckets are complete, and how many were sent or handed over: always the first ones.
  private var complete = 0
  private var moved = 0

  /// - Parameters:
  ///   - isSharded: whether each rank gets the sums only of the rows it owns.
  ///   - onJourney: called for every bucket by the thread that sent it.
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

  /// Begins a step. From the first `settle` until `finish` returns, nobody else may use the ranks:
  /// another thread may be using them, or another rank may be in another call.
  /// - Parameter gradients: the plan's vector; it stays in place until `finish`.
  public func begin(_ gradients: UnsafeMutableBufferPointer<Float>) {
    pending = plan.buckets.map(\.tensors.count)
    (complete, moved, travelled) = (0, 0, (0, 0))
    mover.begin(gradients)
  }

  /// Notes that nothing more will be added to a tensor's gradient.
  public func settle(_ tensor: Int) {
    let bucket = plan.bucket(of: tensor)
    pending[bucket] -= 1
    precondition(pending[bucket] >= 0, "tensor \(tensor) is complete twice")
    while complete < pending.count, pending[complete] == 0 { complete += 1 }
    if overlap == .thread { handOver() }
  }

  /// Whether complete buckets wait for `move`.
  public var wantsMove: Bool { overlap == .buckets && moved < complete && !isAlone }

  /// Sends the buckets that are complete.
  public func move() throws(CollectiveError) {
    guard !isAlone else { return }
    while moved < complete {
      try mover.move(moved)
      moved += 1
    }
  }

  /// Returns when all gradients are summed, also those that were not reported as complete.
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

  /// Sends every rank the rows that other ranks own. Collective.
  /// - Parameter values: a vector with the plan's shape, such as the weights.
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
