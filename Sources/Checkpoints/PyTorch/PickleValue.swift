/// The contents of a PyTorch file: tensors in plain containers.
public enum PickleValue: Sendable {
  case none
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  /// A list, a tuple or a `torch.Size`.
  case list([PickleValue])
  case dictionary([(key: PickleKey, value: PickleValue)])
  case tensor(PyTorchTensor)
}

public enum PickleKey: Sendable, Hashable, CustomStringConvertible {
  case string(String)
  case integer(Int)

  public var description: String {
    switch self {
    case .string(let text): text
    case .integer(let number): "\(number)"
    }
  }
}

extension PickleValue {
  /// The first value of a key; nil where this is not a dictionary or has no such key.
  public subscript(key: PickleKey) -> PickleValue? {
    dictionary?.first { $0.key == key }?.value
  }

  public subscript(name: String) -> PickleValue? { self[.string(name)] }

  public var dictionary: [(key: PickleKey, value: PickleValue)]? {
    guard case .dictionary(let pairs) = self else { return nil }
    return pairs
  }

  public var list: [PickleValue]? {
    guard case .list(let values) = self else { return nil }
    return values
  }

  public var string: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  public var bool: Bool? {
    guard case .bool(let value) = self else { return nil }
    return value
  }

  public var integer: Int? {
    guard case .integer(let value) = self else { return nil }
    return value
  }

  /// A number, whole or not.
  public var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  public var tensor: PyTorchTensor? {
    guard case .tensor(let tensor) = self else { return nil }
    return tensor
  }
}

/// A tensor of a PyTorch file: a view of one of its storages. Its elements stay in the file.
public struct PyTorchTensor: Sendable, Equatable {
  public let type: ElementType
  /// Empty for a scalar.
  public let shape: [Int]
  /// Number of elements.
  public let count: Int
  /// The distance between neighbours along each dimension, in elements.
  let strides: [Int]
  /// The position of the first element in the storage, in elements.
  let first: Int
  let storage: ZipArchive.Entry

  /// Elements from the first to the last, including those between rows.
  var span: Int {
    count == 0 ? 0 : zip(shape, strides).reduce(1) { $0 + ($1.0 - 1) * $1.1 }
  }

  /// Whether the elements lie one after another in the order of the shape.
  var isContiguous: Bool {
    guard count > 0 else { return true }
    var expected = 1
    for (size, stride) in zip(shape, strides).reversed() where size != 1 {
      if stride != expected { return false }
      expected *= size
    }
    return true
  }

  /// - Returns: nil where a number is negative or overflows, or where the view leaves the storage
  ///   or shows more elements than it has.
  init?(
    type: ElementType, shape: [Int], strides: [Int], first: Int, storage: ZipArchive.Entry
  ) {
    let held = storage.count / type.size
    guard shape.count == strides.count, shape.count <= TensorEntry.rankLimit, first >= 0,
      let count = TensorEntry.count(of: shape), count <= held
    else { return nil }
    var last = first
    for (size, stride) in zip(shape, strides) where count > 0 {
      let (distance, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
      let (sum, sumOverflow) = last.addingReportingOverflow(distance)
      guard stride >= 0, !overflow, !sumOverflow else { return nil }
      last = sum
    }
    guard count == 0 || last < held else { return nil }
    self.type = type
    self.shape = shape
    self.count = count
    self.strides = strides
    self.first = first
    self.storage = storage
  }
}
