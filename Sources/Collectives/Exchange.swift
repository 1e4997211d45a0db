import CKernels

/// Sums over all ranks, and copies to all ranks, by recursive halving and doubling: log2(P)
/// messages between pairs of ranks in each direction, with the fewest bytes that are possible.
///
/// Where P is a power of two, each element is summed by one fixed tree, whichever rank owns it:
/// ranks that differ in the highest bit are added first. So P ranks add exactly what one process
/// adds that pairs P parts in the same way. Other numbers of ranks work too: of an odd number, the
/// odd rank joins the last rank of the other half.
/// - Source: recursive halving and doubling, Thakur, Rabenseifner, Gropp, IJHPCA 19 (2005).
public final class Exchange {
  /// How numbers are sent; they are added as float32 in both cases.
  public enum Wire: String, Sendable, CaseIterable {
    case float32
    /// Rounded to nearest whenever they are sent: at most log2(P) times in a sum.
    case bfloat16

    var bytes: Int { self == .float32 ? 4 : 2 }
  }

  /// Bytes that this rank has sent.
  public private(set) var sentBytes = 0
  private let ranks: any Communicator
  private let wire: Wire
  private let patiently: Bool
  /// From the first halving, of all ranks, to the last.
  private let halvings: [Halving]
  private let outgoing = Scratch(), incoming = Scratch()

  /// - Parameter patiently: see `Communicator.exchange`.
  public init(
    _ ranks: any Communicator, wire: Wire = .float32, patiently: Bool = false
  ) {
    self.ranks = ranks
    self.wire = wire
    self.patiently = patiently
    halvings = Halving.all(rank: ranks.rank, size: ranks.size)
  }

  /// Replaces each value by its sum over the ranks; the same bits on every rank.
  public func allReduceSum(
    _ values: UnsafeMutableBufferPointer<Float>
  ) throws(CollectiveError) {
    guard ranks.size > 1, let start = values.baseAddress else { return }
    for piece in pieces(of: values.count, longest: 1 << 20) {
      let parts = (0..<ranks.size).map { rank in
        piece.lowerBound + piece.count * rank / ranks.size
          ..< piece.lowerBound + piece.count * (rank + 1) / ranks.size
      }
      try reduceScatter(start, parts)
      try allGather(start, parts, as: wire)
    }
  }

  /// Makes this rank's part of `values` the sum over the ranks; the other parts become meaningless.
  /// - Parameter parts: each rank's elements, in rank order, without overlap; the same on all
  ///   ranks.
  package func reduceScatter(
    _ values: UnsafeMutablePointer<Float>, _ parts: [Range<Int>]
  ) throws(CollectiveError) {
    for halving in halvings {
      let theirs = Runs(parts, halving.theirs), mine = Runs(parts, halving.mine)
      let sent = pack(values, theirs, wire)
      let arrived = incoming.bytes(halving.givers.isEmpty ? 0 : mine.count * wire.bytes)
      try pass(sent, to: halving.partner, arrived, from: halving.givers.first)
      add(arrived, to: values, mine)
      for giver in halving.givers.dropFirst() {
        try pass(nil, to: nil, arrived, from: giver)
        add(arrived, to: values, mine)
      }
    }
  }

  /// Sends every rank's part of `values` to every other rank.
  package func allGather(
    _ values: UnsafeMutablePointer<Float>, _ parts: [Range<Int>], as wire: Wire
  ) throws(CollectiveError) {
    if wire == .bfloat16 {
      // Rounds its own part as all other ranks get it.
      let own = Runs(parts, ranks.rank..<ranks.rank + 1)
      unpack(pack(values, own, wire), into: values, own, wire)
    }
    for halving in halvings.reversed() {
      let theirs = Runs(parts, halving.theirs), mine = Runs(parts, halving.mine)
      let sent = pack(values, mine, wire)
      let place = wire == .float32 ? theirs.place(in: values) : nil
      let received = place ?? incoming.bytes(theirs.count * wire.bytes)
      try pass(sent, to: halving.givers.first, received, from: halving.partner)
      for giver in halving.givers.dropFirst() { try pass(sent, to: giver, nil, from: nil) }
      if place == nil { unpack(received, into: values, theirs, wire) }
    }
  }
}

extension Exchange {
  /// Sends nothing where there is nothing to send: both sides know that.
  private func pass(
    _ sent: UnsafeMutableRawBufferPointer?, to: Int?,
    _ received: UnsafeMutableRawBufferPointer?, from: Int?
  ) throws(CollectiveError) {
    let nothing = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    let out = sent ?? nothing, into = received ?? nothing
    let to = out.isEmpty ? nil : to, from = into.isEmpty ? nil : from
    guard to != nil || from != nil else { return }
    try ranks.exchange(UnsafeRawBufferPointer(out), to: to, into, from: from, patiently: patiently)
    if to != nil { sentBytes += out.count }
  }

  /// Elements as they are sent; used in place if they are one run of float32.
  private func pack(
    _ values: UnsafeMutablePointer<Float>, _ runs: Runs, _ wire: Wire
  ) -> UnsafeMutableRawBufferPointer {
    if wire == .float32, let place = runs.place(in: values) { return place }
    let bytes = outgoing.bytes(runs.count * wire.bytes)
    runs.forEach(in: bytes, wire) { run, place in
      switch wire {
      case .float32: place.floats.update(from: values + run.lowerBound, count: run.count)
      case .bfloat16: kernels.to_bfloat16(values + run.lowerBound, place.halves, run.count)
      }
    }
    return bytes
  }

  private func add(
    _ bytes: UnsafeMutableRawBufferPointer, to values: UnsafeMutablePointer<Float>, _ runs: Runs
  ) {
    guard !bytes.isEmpty else { return }
    runs.forEach(in: bytes, wire) { run, place in
      switch wire {
      case .float32: kernels.accumulate(place.floats, values + run.lowerBound, run.count)
      case .bfloat16: kernels.add_bfloat16(place.halves, values + run.lowerBound, run.count)
      }
    }
  }

  private func unpack(
    _ bytes: UnsafeMutableRawBufferPointer, into values: UnsafeMutablePointer<Float>,
    _ runs: Runs, _ wire: Wire
  ) {
    runs.forEach(in: bytes, wire) { run, place in
      switch wire {
      case .float32: (values + run.lowerBound).update(from: place.floats, count: run.count)
      case .bfloat16: kernels.from_bfloat16(place.halves, values + run.lowerBound, run.count)
      }
    }
  }
}
