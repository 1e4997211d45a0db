extension Communicator {
  /// Replaces each value by its sum over the ranks, which are a power of two, added as one tree that
  /// pairs ranks whose numbers differ in the highest bit first: the same bits on every rank, and an
  /// order that does not depend on an MPI library's choice of algorithm.
  ///
  /// By halving and doubling: each rank sends and receives twice the values.
  public func treeSum(_ values: UnsafeMutableBufferPointer<Float>) throws(CollectiveError) {
    precondition(size.nonzeroBitCount == 1, "ranks are a power of two")
    guard size > 1, let start = values.baseAddress else { return }
    let bucket = 1 << 20
    let room = UnsafeMutablePointer<Float>.allocate(capacity: (bucket + 1) / 2)
    defer { room.deallocate() }
    for range in pieces(of: values.count, longest: bucket) {
      try treeSum(start + range.lowerBound, count: range.count, room)
    }
  }

  private func treeSum(
    _ values: UnsafeMutablePointer<Float>, count: Int, _ room: UnsafeMutablePointer<Float>
  ) throws(CollectiveError) {
    var range = 0..<count
    var halvings: [(partner: Int, kept: Range<Int>, given: Range<Int>)] = []
    var distance = size / 2
    while distance > 0 {
      let middle = range.lowerBound + (range.count + 1) / 2
      let halves = (range.lowerBound..<middle, middle..<range.upperBound)
      let (kept, given) = rank & distance == 0 ? halves : (halves.1, halves.0)
      let partner = rank ^ distance
      try exchange(
        UnsafeBufferPointer(start: values + given.lowerBound, count: given.count), to: partner,
        into: UnsafeMutableBufferPointer(start: room, count: kept.count), from: partner)
      let own = values + kept.lowerBound
      for index in 0..<kept.count { own[index] += room[index] }
      halvings.append((partner, kept, given))
      range = kept
      distance /= 2
    }
    for (partner, kept, given) in halvings.reversed() {
      try exchange(
        UnsafeBufferPointer(start: values + kept.lowerBound, count: kept.count), to: partner,
        into: UnsafeMutableBufferPointer(start: values + given.lowerBound, count: given.count),
        from: partner)
    }
  }
}
