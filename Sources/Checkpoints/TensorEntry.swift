/// One tensor of a file.
public struct TensorEntry: Sendable, Equatable {
  static let rankLimit = 32

  public let name: String
  public let type: ElementType
  /// Empty for a scalar.
  public let shape: [Int]
  /// Number of elements.
  public let count: Int
  /// First byte, counted from the start of the file.
  public let offset: Int

  public var byteCount: Int { count * type.size }

  /// The same tensor under another name.
  public func renamed(_ name: String) -> TensorEntry {
    TensorEntry(name: name, type: type, shape: shape, count: count, offset: offset)
  }

  /// The product of the sizes; nil when one is negative or the product overflows.
  static func count(of shape: [Int]) -> Int? {
    var count = 1
    for size in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard size >= 0, !overflow else { return nil }
      count = product
    }
    return count
  }
}
