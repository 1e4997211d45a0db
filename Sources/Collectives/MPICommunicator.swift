import CMPI

/// The ranks that mpirun or srun started, connected by Open MPI.
///
/// Open MPI moves data only inside its calls, so every operation returns only when it is done. MPI
/// counts have 32 bits, so long buffers are sent in several calls.
public final class MPICommunicator: Communicator {
  /// The longest calls, in elements.
  package struct Limits: Sendable {
    /// Of one all-reduce.
    package var reduction = 1 << 19
    /// Of any call, summed over all ranks.
    package var call = 1 << 28

    package init() {}
  }

  public let rank: Int
  public let size: Int
  package var limits = Limits()
  private let communicator: MPI_Comm

  /// Uses all ranks of an initialised MPI. Collective.
  init() throws(CollectiveError) {
    var rank: Int32 = 0
    var size: Int32 = 0
    var own: MPI_Comm?
    try check(MPI_Comm_set_errhandler(cmpi_world(), cmpi_errors_return()), "start", "MPI")
    try check(MPI_Comm_rank(cmpi_world(), &rank), "start", "MPI")
    try check(MPI_Comm_size(cmpi_world(), &size), "start", "MPI")
    try check(MPI_Comm_dup(cmpi_world(), &own), "start", "rank \(rank)")
    guard let own else {
      throw CollectiveError("rank \(rank)", .failed(operation: "start", "no communicator"))
    }
    try check(MPI_Comm_set_errhandler(own, cmpi_errors_return()), "start", "rank \(rank)")
    self.rank = Int(rank)
    self.size = Int(size)
    communicator = own
  }

  public func allReduceSum(_ values: inout [Double]) throws(CollectiveError) {
    try reduce(&values, cmpi_sum())
  }

  public func allReduceMax(_ values: inout [Double]) throws(CollectiveError) {
    let count = values.count
    var both = values.map { $0.isNaN ? -Double.infinity : $0 }
    both += values.map { $0.isNaN ? 1 : 0 }
    try reduce(&both, cmpi_max())
    for i in 0..<count { values[i] = both[count + i] > 0 ? .nan : both[i] }
  }

  public func allGather(
    _ mine: UnsafeBufferPointer<Float>, counts: [Int],
    into all: UnsafeMutableBufferPointer<Float>
  ) throws(CollectiveError) {
    checkGather(mine, counts, all, rank: rank, size: size)
    guard let to = all.baseAddress else { return }
    let before = counts[..<rank].reduce(0, +)
    if let from = mine.baseAddress, from != UnsafePointer(to + before) {
      (to + before).update(from: from, count: mine.count)
    }
    try gather(to, stride: MemoryLayout<Float>.stride, counts, cmpi_float())
  }

  public func allGather(_ mine: [UInt8]) throws(CollectiveError) -> [[UInt8]] {
    var lengths = [Int64](repeating: 0, count: size)
    lengths[rank] = Int64(mine.count)
    try gather(&lengths, stride: 8, [Int](repeating: 1, count: size), cmpi_int64())
    let counts = lengths.map { Int($0) }
    let before = counts[..<rank].reduce(0, +)
    var all = [UInt8](repeating: 0, count: counts.reduce(0, +))
    all.replaceSubrange(before..<before + mine.count, with: mine)
    try gather(&all, stride: 1, counts, cmpi_byte())
    var start = 0
    return counts.map { count in
      defer { start += count }
      return Array(all[start..<start + count])
    }
  }

  public func broadcast(_ bytes: inout [UInt8], from root: Int) throws(CollectiveError) {
    precondition((0..<size).contains(root), "the root is a rank")
    var count = Int64(bytes.count)
    try broadcast(&count, stride: 8, 1, cmpi_int64(), from: root)
    if rank != root { bytes = [UInt8](repeating: 0, count: Int(count)) }
    try broadcast(&bytes, stride: 1, Int(count), cmpi_byte(), from: root)
  }

  public func exchange(
    _ out: UnsafeRawBufferPointer, to: Int?, _ into: UnsafeMutableRawBufferPointer, from: Int?,
    patiently: Bool
  ) throws(CollectiveError) {
    let sent = to == nil ? [] : pieces(of: out.count, longest: limits.call)
    let received = from == nil ? [] : pieces(of: into.count, longest: limits.call)
    for index in 0..<max(sent.count, received.count) {
      let mine = index < sent.count ? sent[index] : nil
      let theirs = index < received.count ? received[index] : nil
      try check(
        cmpi_exchange(
          out.baseAddress.map { $0 + (mine?.lowerBound ?? 0) }, Int32(mine?.count ?? 0),
          Int32(mine == nil ? -1 : to ?? -1),
          into.baseAddress.map { $0 + (theirs?.lowerBound ?? 0) }, Int32(theirs?.count ?? 0),
          Int32(theirs == nil ? -1 : from ?? -1), communicator, patiently ? 1 : 0),
        "exchange", place)
    }
  }

  public func barrier() throws(CollectiveError) {
    try check(MPI_Barrier(communicator), "barrier", place)
  }
}

extension MPICommunicator {
  private var place: String { "rank \(rank) on \(Ranks.host)" }

  private func reduce(_ values: inout [Double], _ operation: MPI_Op) throws(CollectiveError) {
    try values.withUnsafeMutableBufferPointer { values throws(CollectiveError) in
      guard let start = values.baseAddress else { return }
      for range in pieces(of: values.count, longest: limits.reduction) {
        try check(
          MPI_Allreduce(
            cmpi_in_place(), start + range.lowerBound, Int32(range.count), cmpi_double(), operation,
            communicator),
          "all-reduce", place)
      }
    }
  }

  /// Gathers parts in place: each rank's part is at its place from `start` on, then on all ranks.
  private func gather(
    _ start: UnsafeMutableRawPointer, stride: Int, _ counts: [Int], _ type: MPI_Datatype
  ) throws(CollectiveError) {
    let total = counts.reduce(0, +)
    guard total > 0 else { return }
    if total <= limits.call {
      var before: Int32 = 0
      let places = counts.map { count in
        defer { before += Int32(count) }
        return before
      }
      try check(
        MPI_Allgatherv(
          cmpi_in_place(), 0, type, start, counts.map { Int32($0) }, places, type, communicator),
        "all-gather", place)
      return
    }
    // Too long for 32-bit positions: each rank broadcasts its part.
    var before = 0
    for (root, count) in counts.enumerated() {
      try broadcast(start + before * stride, stride: stride, count, type, from: root)
      before += count
    }
  }

  private func broadcast(
    _ start: UnsafeMutableRawPointer, stride: Int, _ count: Int, _ type: MPI_Datatype,
    from root: Int
  ) throws(CollectiveError) {
    for range in pieces(of: count, longest: limits.call) {
      try check(
        MPI_Bcast(
          start + range.lowerBound * stride, Int32(range.count), type, Int32(root), communicator),
        "broadcast", place)
    }
  }
}

/// `0..<count` cut into runs of at most `longest`.
func pieces(of count: Int, longest: Int) -> [Range<Int>] {
  stride(from: 0, to: count, by: longest).map { $0..<min($0 + longest, count) }
}

/// Throws an error with MPI's text for a code that is not success.
func check(_ code: Int32, _ operation: String, _ place: String) throws(CollectiveError) {
  guard code != MPI_SUCCESS else { return }
  var text = [CChar](repeating: 0, count: Int(MPI_MAX_ERROR_STRING) + 1)
  var length: Int32 = 0
  let known = MPI_Error_string(code, &text, &length) == MPI_SUCCESS
  let bytes = text.prefix(Int(length)).map { UInt8(bitPattern: $0) }
  let reason = known ? String(decoding: bytes, as: UTF8.self) : "error \(code)"
  throw CollectiveError(place, .failed(operation: operation, reason))
}
