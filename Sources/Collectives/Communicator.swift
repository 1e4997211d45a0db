/// All ranks of a job, seen from one of them.
///
/// Every operation is collective: all ranks call the same ones in the same order. Counts of numbers
/// must agree between ranks, whether given by `counts` or by a buffer's size; counts of bytes need
/// not. Only one thread at a time may call.
public protocol Communicator: AnyObject {
  /// This rank, from 0.
  var rank: Int { get }
  /// How many ranks there are, at least 1.
  var size: Int { get }

  /// Replaces each value by its sum over the ranks; the same bits on every rank. Gradients are
  /// summed by `Exchange` instead.
  /// - Throws: `CollectiveError` where MPI reports a failure.
  func allReduceSum(_ values: inout [Double]) throws(CollectiveError)

  /// Replaces each value by its maximum over the ranks; NaN on one rank gives NaN on all.
  func allReduceMax(_ values: inout [Double]) throws(CollectiveError)

  /// Puts the ranks' parts one after another, in rank order, on every rank.
  ///
  /// - Parameters:
  ///   - mine: this rank's `counts[rank]` values; may be their place in `all`.
  ///   - counts: values per rank, the same on all ranks; 0 is allowed.
  ///   - all: has room for the sum of `counts`.
  func allGather(
    _ mine: UnsafeBufferPointer<Float>, counts: [Int],
    into all: UnsafeMutableBufferPointer<Float>
  ) throws(CollectiveError)

  /// Every rank's bytes in rank order; lengths may differ and need not be known.
  func allGather(_ mine: [UInt8]) throws(CollectiveError) -> [[UInt8]]

  /// Sends the bytes of `root` to all ranks, where they replace what was there.
  func broadcast(_ bytes: inout [UInt8], from root: Int) throws(CollectiveError)

  /// Sends bytes to one rank while it receives from another or the same; nil: nothing in that
  /// direction.
  ///
  /// A rank receives exactly as many bytes as are sent to it; messages between two ranks keep their
  /// order.
  /// - Parameter patiently: sleeps while it waits instead of keeping a core busy; for a thread
  ///   beside those that compute.
  func exchange(
    _ out: UnsafeRawBufferPointer, to: Int?, _ into: UnsafeMutableRawBufferPointer, from: Int?,
    patiently: Bool
  ) throws(CollectiveError)

  /// Returns once all ranks have called it.
  func barrier() throws(CollectiveError)
}

extension Communicator {
  /// Sends floats to one rank while it receives from another.
  public func exchange(
    _ mine: UnsafeBufferPointer<Float>, to receiver: Int,
    into theirs: UnsafeMutableBufferPointer<Float>, from sender: Int
  ) throws(CollectiveError) {
    precondition([receiver, sender].allSatisfy((0..<size).contains), "partners are ranks")
    try exchange(
      UnsafeRawBufferPointer(mine), to: receiver, UnsafeMutableRawBufferPointer(theirs),
      from: sender, patiently: false)
  }
}

/// Checks the caller's arithmetic, the same for all communicators.
func checkGather(
  _ mine: UnsafeBufferPointer<Float>, _ counts: [Int], _ all: UnsafeMutableBufferPointer<Float>,
  rank: Int, size: Int
) {
  precondition(counts.count == size, "one count per rank")
  precondition(counts.allSatisfy { $0 >= 0 }, "counts are not negative")
  precondition(mine.count == counts[rank], "this rank's part has its count")
  precondition(all.count == counts.reduce(0, +), "room for all parts")
}

extension Communicator {
  /// Uses every kind of operation once. Ranks are connected when they first exchange something: a
  /// network that leads nowhere shows here. Collective.
  func connect() throws(CollectiveError) {
    try barrier()
    var numbers = [1.0], bytes: [UInt8] = [1]
    try allReduceSum(&numbers)
    _ = try allGather(bytes)
    try broadcast(&bytes, from: 0)
  }
}
