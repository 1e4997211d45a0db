import CKernels
import Glibc

/// Where products keep what they have packed.
enum ProductMemory {
  /// Numbers of the staying factor in a block: half of a core's second cache level, or of 1 MiB
  /// where the system does not say how large it is.
  static let staying: Int = {
    let reported = sysconf(Int32(_SC_LEVEL2_CACHE_SIZE))
    let level2 = reported > 0 ? reported : 1 << 20
    return min(max(level2, 1 << 19), 1 << 21) / 2 / MemoryLayout<Float>.stride
  }()

  /// At least `count` numbers that only the calling thread hands out. They last as long as the
  /// thread, and are the same memory in every call.
  static func own(_ count: Int) -> UnsafeMutablePointer<Float> {
    guard let memory = product_memory(max(count, 1)) else {
      OutOfMemory.end(count * MemoryLayout<Float>.stride)
    }
    return memory
  }
}
