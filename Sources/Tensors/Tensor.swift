import Glibc

/// A contiguous, row-major float32 array. Copies share their storage: the operation that makes a
/// tensor writes it, and all others only read it.
public struct Tensor: @unchecked Sendable {
  public let shape: [Int]
  private let storage: Storage
  private let offset: Int

  /// An uninitialised tensor, aligned to 64 bytes.
  public init(_ shape: [Int]) {
    self.init(shape: shape, storage: Storage(elements: shape.reduce(1, *)), offset: 0)
  }

  private init(shape: [Int], storage: Storage, offset: Int) {
    self.shape = shape
    self.storage = storage
    self.offset = offset
  }

  /// A copy of `values`, as many as `shape` has elements.
  public init(_ values: [Float], shape: [Int]) {
    self.init(shape)
    precondition(values.count == count, "\(values.count) values for shape \(shape)")
    values.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { pointer.update(from: base, count: count) }
    }
  }

  /// A tensor of zeros.
  public static func zeros(_ shape: [Int]) -> Tensor {
    let tensor = Tensor(shape)
    tensor.fill(0)
    return tensor
  }

  public var count: Int { shape.reduce(1, *) }
  public var bytes: Int { count * MemoryLayout<Float>.stride }
  /// The last dimension; 1 for a scalar.
  public var width: Int { shape.last ?? 1 }
  /// All dimensions but the last, multiplied.
  public var rows: Int { shape.dropLast().reduce(1, *) }
  public var pointer: UnsafeMutablePointer<Float> { storage.pointer + offset }
  public var buffer: UnsafeMutableBufferPointer<Float> { .init(start: pointer, count: count) }
  /// A copy of the elements.
  public var values: [Float] { Array(buffer) }

  /// Sets every element.
  public func fill(_ value: Float) { buffer.update(repeating: value) }

  /// The same elements with another shape, sharing storage.
  public func reshaped(_ shape: [Int]) -> Tensor {
    precondition(shape.reduce(1, *) == count, "\(self.shape) can't be seen as \(shape)")
    return Tensor(shape: shape, storage: storage, offset: offset)
  }

  /// Elements from `start` on, as many as `shape` has, sharing storage.
  public func slice(at start: Int, shape: [Int]) -> Tensor {
    precondition(start >= 0 && start + shape.reduce(1, *) <= count, "slice past the end")
    return Tensor(shape: shape, storage: storage, offset: offset + start)
  }

  /// Rows `range` of the two-dimensional view, sharing storage.
  public func rows(_ range: Range<Int>) -> Tensor {
    slice(at: range.lowerBound * width, shape: [range.count, width])
  }

  /// The same elements in memory of their own.
  public func copy() -> Tensor {
    let twin = Tensor(shape)
    twin.pointer.update(from: pointer, count: count)
    return twin
  }

  /// Returns memory that is kept for reuse to the system: call it after work whose sizes do not
  /// come again, such as an evaluation.
  public static func releaseUnused() { StorageArena.shared.trim() }

  /// Bytes that tensors have from the system, in use or kept for reuse.
  public static var reservedBytes: Int { StorageArena.shared.statistics.reserved }

  /// Runs `body`.
  /// - Returns: the most bytes that tensors used at once, beyond those in use before.
  public static func peakBytes(during body: () throws -> Void) rethrows -> Int {
    try StorageArena.shared.peak(during: body)
  }
}
