/// What `TorchForge` can write: the values of training checkpoints, and raw opcodes.
public indirect enum ForgedValue {
  case none
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  case list([ForgedValue])
  case tuple([ForgedValue])
  case dictionary([(ForgedValue, ForgedValue)])
  /// With torch's `_metadata` as its state.
  case orderedDictionary([(ForgedValue, ForgedValue)])
  case tensor(ForgedTensor)
  /// Opcodes that leave one item on the stack.
  case raw([UInt8])
}

public struct ForgedTensor {
  public var shape: [Int]
  /// Nil: contiguous.
  public var strides: [Int]?
  /// Such as `FloatStorage`.
  public var storage = "FloatStorage"
  public var contents: [UInt8]
  /// Elements that the pickle says; nil: as many as there are.
  public var elements: Int?
  public var first = 0

  /// Float32.
  public init(_ values: [Float], _ shape: [Int]) {
    self.shape = shape
    contents = values.flatMap { little($0.bitPattern) }
  }

  public init(_ storage: String, contents: [UInt8], _ shape: [Int]) {
    self.storage = storage
    self.contents = contents
    self.shape = shape
  }

  fileprivate var elementBytes: Int {
    switch storage {
    case "DoubleStorage", "LongStorage": 8
    case "HalfStorage", "BFloat16Storage": 2
    case "BoolStorage": 1
    default: 4
    }
  }
}

/// Writes files as `torch.save` does (protocol 2), so that tests need no Python.
public struct TorchForge {
  private var pickle: [UInt8] = [0x80, 2]
  private var storages: [[UInt8]] = []

  /// The archive of one value.
  public static func file(_ value: ForgedValue, wide: Bool = false) -> [UInt8] {
    archive(value, wide: wide).bytes
  }

  public static func archive(_ value: ForgedValue, wide: Bool = false) -> ZipForge {
    var forge = TorchForge()
    forge.write(value)
    return archive(pickle: forge.pickle + [0x2E], storages: forge.storages, wide: wide)
  }

  /// An archive around any pickle.
  public static func archive(
    pickle: [UInt8], storages: [[UInt8]] = [], wide: Bool = false
  ) -> ZipForge {
    var zip = ZipForge([
      .init("forged/data.pkl", pickle), .init("forged/byteorder", Array("little".utf8)),
    ])
    zip.entries += storages.enumerated().map { .init("forged/data/\($0)", $1) }
    zip.entries.append(.init("forged/version", Array("3\n".utf8)))
    zip.isWide = wide
    return zip
  }

  private mutating func write(_ value: ForgedValue) {
    switch value {
    case .none: pickle.append(0x4E)
    case .bool(let flag): pickle.append(flag ? 0x88 : 0x89)
    case .integer(let number): pickle += [0x8A, 8] + little(number)
    case .number(let number): pickle += [0x47] + little(number.bitPattern).reversed()
    case .text(let text): write(text)
    case .list(let items):
      pickle += [0x5D, 0x28]
      items.forEach { write($0) }
      pickle.append(0x65)
    case .tuple(let items):
      pickle.append(0x28)
      items.forEach { write($0) }
      pickle.append(0x74)
    case .dictionary(let pairs):
      pickle.append(0x7D)
      write(pairs)
    case .orderedDictionary(let pairs):
      pickle += Self.global("collections", "OrderedDict") + [0x29, 0x52]
      write(pairs)
      pickle.append(0x7D)
      write([(.text("_metadata"), .dictionary([]))])
      pickle.append(0x62)
    case .tensor(let tensor): write(tensor)
    case .raw(let opcodes): pickle += opcodes
    }
  }

  private mutating func write(_ pairs: [(ForgedValue, ForgedValue)]) {
    pickle.append(0x28)
    for (key, value) in pairs {
      write(key)
      write(value)
    }
    pickle.append(0x75)
  }

  private mutating func write(_ text: String) {
    pickle += [0x58] + little(UInt32(text.utf8.count)) + Array(text.utf8)
  }

  private mutating func write(_ tensor: ForgedTensor) {
    pickle += Self.global("torch._utils", "_rebuild_tensor_v2") + [0x28, 0x28]
    write("storage")
    pickle += Self.global("torch", tensor.storage)
    write("\(storages.count)")
    write("cpu")
    write(.integer(tensor.elements ?? tensor.contents.count / tensor.elementBytes))
    pickle += [0x74, 0x51]
    write(.integer(tensor.first))
    write(.tuple(tensor.shape.map(ForgedValue.integer)))
    write(.tuple((tensor.strides ?? Self.strides(tensor.shape)).map(ForgedValue.integer)))
    write(.bool(false))
    pickle += Self.global("collections", "OrderedDict") + [0x29, 0x52, 0x74, 0x52]
    storages.append(tensor.contents)
  }

  /// The opcode that names something of a module.
  public static func global(_ module: String, _ name: String) -> [UInt8] {
    [0x63] + Array("\(module)\n\(name)\n".utf8)
  }

  private static func strides(_ shape: [Int]) -> [Int] {
    shape.indices.map { shape[($0 + 1)...].reduce(1, *) }
  }
}
