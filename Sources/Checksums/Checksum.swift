import CXXHash

/// A running xxh64 with seed 0.
package struct Checksum: ~Copyable {
  private let state: OpaquePointer

  package init() {
    guard let state = XXH64_createState() else { preconditionFailure("out of memory") }
    self.state = state
    XXH64_reset(state, 0)
  }

  deinit { XXH64_freeState(state) }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    XXH64_update(state, bytes.baseAddress, bytes.count)
  }

  /// 16 lower-case hexadecimal digits, as `xxh64sum` prints them.
  package var text: String { Checksum.text(XXH64_digest(state)) }

  /// The hash itself of a whole buffer.
  package static func value(of bytes: UnsafeRawBufferPointer) -> UInt64 {
    XXH64(bytes.baseAddress, bytes.count, 0)
  }

  package static func text(of bytes: some Sequence<UInt8>) -> String {
    let array = Array(bytes)
    return text(XXH64(array, array.count, 0))
  }

  private static func text(_ hash: UInt64) -> String {
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
