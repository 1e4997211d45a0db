import Glibc
import Synchronization

/// The memory of all tensors: blocks of large chunks for which huge pages are requested.
///
/// A block is taken from the end of the highest free range that is long enough; a released block is
/// merged with its free neighbours. Whatever sizes ragged batches need, a step then takes a few per
/// cent more than its tensors need at once, and touches no new page after the largest batch so far.
/// - Source: address-ordered first fit, as in Wilson et al., "Dynamic Storage Allocation: A Survey
///   and Critical Review", 1995.
final class StorageArena: Sendable {
  static let shared = StorageArena()

  /// In bytes.
  struct Statistics {
    /// Memory from the system, in use or free.
    var reserved = 0
    /// Memory in use now; `peak`: the most since `peak(during:)` began.
    var allocated = 0
    var peak = 0
  }

  private struct State {
    /// Addresses.
    var free = RangeSet<Int>()
    var statistics = Statistics()

    mutating func cut(_ size: Int) -> Range<Int>? {
      guard let range = free.ranges.last(where: { $0.count >= size }) else { return nil }
      let block = range.upperBound - size..<range.upperBound
      free.remove(contentsOf: block)
      return block
    }
  }

  private static let alignment = 64
  private static let hugePage = 2 << 20
  private static let chunk = 64 << 20
  private let state = Mutex(State())

  var statistics: Statistics { state.withLock(\.statistics) }

  /// Addresses of a block of at least so many bytes, aligned to 64.
  func take(_ bytes: Int) -> Range<Int> {
    let size = max(bytes, 1).roundedUp(to: Self.alignment)
    return state.withLock { state in
      state.statistics.allocated += size
      state.statistics.peak = max(state.statistics.peak, state.statistics.allocated)
      if let block = state.cut(size) { return block }
      let chunk = Self.map(max(size, Self.chunk).roundedUp(to: Self.hugePage))
      state.statistics.reserved += chunk.count
      state.free.insert(contentsOf: chunk)
      guard let block = state.cut(size) else { preconditionFailure("a chunk holds it") }
      return block
    }
  }

  func giveBack(_ block: Range<Int>) {
    state.withLock { state in
      state.statistics.allocated -= block.count
      state.free.insert(contentsOf: block)
    }
  }

  /// Returns free memory to the system, in whole huge pages.
  func trim() {
    state.withLock { state in
      for range in Array(state.free.ranges) {
        let start = range.lowerBound.roundedUp(to: Self.hugePage)
        let end = range.upperBound / Self.hugePage * Self.hugePage
        guard start < end else { continue }
        Self.unmap(start..<end)
        state.free.remove(contentsOf: start..<end)
        state.statistics.reserved -= end - start
      }
    }
  }

  /// Runs `body`.
  /// - Returns: the most that was in use at once, beyond what was in use before.
  func peak(during body: () throws -> Void) rethrows -> Int {
    let before = state.withLock { state in
      state.statistics.peak = state.statistics.allocated
      return state.statistics.allocated
    }
    try body()
    return statistics.peak - before
  }

  /// New memory that begins at a huge page's boundary.
  private static func map(_ size: Int) -> Range<Int> {
    let length = size + hugePage
    guard
      let pointer = mmap(
        nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      pointer != MAP_FAILED
    else { OutOfMemory.end(size) }
    let all = Int(bitPattern: pointer)..<Int(bitPattern: pointer) + length
    let start = all.lowerBound.roundedUp(to: hugePage), chunk = start..<start + size
    unmap(all.lowerBound..<chunk.lowerBound)
    unmap(chunk.upperBound..<all.upperBound)
    madvise(UnsafeMutableRawPointer(bitPattern: start), size, Int32(MADV_HUGEPAGE))
    return chunk
  }

  private static func unmap(_ range: Range<Int>) {
    guard !range.isEmpty else { return }
    munmap(UnsafeMutableRawPointer(bitPattern: range.lowerBound), range.count)
  }
}

extension Int {
  fileprivate func roundedUp(to multiple: Int) -> Int {
    (self + multiple - 1) / multiple * multiple
  }
}
