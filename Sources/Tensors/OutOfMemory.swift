import Synchronization

/// The system has no memory left for tensors: no operation goes on from there.
public struct OutOfMemory: Error, CustomStringConvertible {
  /// That were asked of the system: a chunk for tensors.
  public let bytes: Int

  public var description: String { "the system has no \(bytes) bytes more for tensors" }

  private static let handler = Mutex<@Sendable (OutOfMemory) -> Never> { fatalError("\($0)") }

  /// Has `end` end the program where it happens, which otherwise traps.
  public static func handle(by end: @escaping @Sendable (OutOfMemory) -> Never) {
    handler.withLock { $0 = end }
  }

  static func end(_ bytes: Int) -> Never {
    let handler = handler.withLock { $0 }
    handler(OutOfMemory(bytes: bytes))
  }
}
