import Synchronization

/// The system has no memory left for tensors; no operation can continue after that.
public struct OutOfMemory: Error, CustomStringConvertible {
  /// The bytes that the system refused: a chunk for tensors.
  public let bytes: Int

  public var description: String { "the system has no \(bytes) bytes more for tensors" }

  private static let handler = Mutex<@Sendable (OutOfMemory) -> Never> { fatalError("\($0)") }

  /// Sets the function that ends the program when memory runs out; without it the program traps.
  public static func handle(by end: @escaping @Sendable (OutOfMemory) -> Never) {
    handler.withLock { $0 = end }
  }

  static func end(_ bytes: Int) -> Never {
    let handler = handler.withLock { $0 }
    handler(OutOfMemory(bytes: bytes))
  }
}
