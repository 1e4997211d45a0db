/// A block of float32 memory that returns to the arena when its last owner releases it. So a steady
/// training step asks the system for no memory and has no page faults.
///
/// `@unchecked Sendable`: the pointer never changes, and the owners decide who may write through it
/// (the operation that makes a tensor writes it; then it is only read).
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
