import Glibc
import Synchronization

/// A block of float32 memory that goes back to a pool when its last owner lets go of it, so that a
/// steady training step allocates nothing and takes no page faults.
///
/// `@unchecked Sendable`: the pointer never changes, and who may write through it is decided by
/// the owners (a tensor is written by the operation that makes it, then only read).
final class Storage: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Float>
  private let bytes: Int

  init(elements: Int) {
    let block = StoragePool.shared.take(max(elements, 1) * MemoryLayout<Float>.stride)
    bytes = block.bytes
    pointer = block.pointer.assumingMemoryBound(to: Float.self)
  }

  deinit { StoragePool.shared.giveBack(pointer, bytes) }
}

/// Free blocks by size. Sizes are rounded up to eighths of a power of two, and a block of up to
/// twice the size that is asked for will do, so that ragged batches find each other's blocks;
/// blocks of 2 MiB and more ask for huge pages.
final class StoragePool: Sendable {
  static let shared = StoragePool()

  private static let alignment = 64
  private static let hugePage = 2 << 20
  private let free = Mutex<[Int: [UInt]]>([:])
  private let total = Atomic<Int>(0)

  /// Bytes taken from the system so far, in use or waiting for reuse.
  var allocatedBytes: Int { total.load(ordering: .relaxed) }

  private static func roundedSize(_ bytes: Int) -> Int {
    let least = max(bytes, 512)
    let step = max(alignment, (1 << (Int.bitWidth - 1 - least.leadingZeroBitCount)) / 8)
    return (least + step - 1) / step * step
  }

  /// A block of at least so many bytes, and of how many.
  func take(_ bytes: Int) -> (pointer: UnsafeMutableRawPointer, bytes: Int) {
    let least = Self.roundedSize(bytes)
    let reused = free.withLock { free -> (UInt, Int)? in
      var size = least
      while size <= 2 * least {
        if let address = free[size]?.popLast() { return (address, size) }
        size = Self.roundedSize(size + 1)
      }
      return nil
    }
    if let reused, let pointer = UnsafeMutableRawPointer(bitPattern: reused.0) {
      return (pointer, reused.1)
    }
    return (allocate(least), least)
  }

  func giveBack(_ pointer: UnsafeMutableRawPointer, _ bytes: Int) {
    free.withLock { $0[bytes, default: []].append(UInt(bitPattern: pointer)) }
  }

  /// Gives what waits for reuse back to the system.
  func trim() {
    let blocks = free.withLock { free in
      defer { free = [:] }
      return free
    }
    for (bytes, addresses) in blocks {
      for address in addresses {
        Glibc.free(UnsafeMutableRawPointer(bitPattern: address))
        total.subtract(bytes, ordering: .relaxed)
      }
    }
  }

  private func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
    var pointer: UnsafeMutableRawPointer?
    let isHuge = bytes >= Self.hugePage
    let failure = posix_memalign(&pointer, isHuge ? Self.hugePage : Self.alignment, bytes)
    guard failure == 0, let pointer else { fatalError("out of memory: \(bytes) bytes") }
    if isHuge { madvise(pointer, bytes, Int32(MADV_HUGEPAGE)) }
    total.add(bytes, ordering: .relaxed)
    return pointer
  }
}
