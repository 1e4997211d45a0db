/// A block of float32 memory that goes back to the arena when its last owner lets go of it, so that
/// a steady training step takes nothing from the system and no page faults.
///
/// `@unchecked Sendable`: the pointer never changes, and who may write through it is decided by
/// the owners (a tensor is written by the operation that makes it, then only read).
final class Storage: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Float>
  private let block: Range<Int>

  init(elements: Int) {
    block = StorageArena.shared.take(elements * MemoryLayout<Float>.stride)
    guard let start = UnsafeMutableRawPointer(bitPattern: block.lowerBound) else {
      preconditionFailure("the system maps nothing at 0")
    }
    pointer = start.assumingMemoryBound(to: Float.self)
  }

  deinit { StorageArena.shared.giveBack(block) }
}
