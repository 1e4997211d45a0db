/// Python's pickle opcodes of protocols 0 to 5, with the names that `pickletools` gives them.
/// - Source: Python's `pickletools`.
enum PickleOpcode: UInt8 {
  case mark = 0x28, stop = 0x2E, pop = 0x30, popMark = 0x31, dup = 0x32
  case float = 0x46, binFloat = 0x47, int = 0x49, binInt = 0x4A, binInt1 = 0x4B, long = 0x4C
  case binInt2 = 0x4D, none = 0x4E, persID = 0x50, binPersID = 0x51, reduce = 0x52
  case string = 0x53, binString = 0x54, shortBinString = 0x55, unicode = 0x56, binUnicode = 0x58
  case emptyList = 0x5D, append = 0x61, build = 0x62, global = 0x63, dict = 0x64, appends = 0x65
  case get = 0x67, binGet = 0x68, inst = 0x69, longBinGet = 0x6A, list = 0x6C, obj = 0x6F
  case put = 0x70, binPut = 0x71, longBinPut = 0x72, setItem = 0x73, tuple = 0x74
  case emptyTuple = 0x29, setItems = 0x75, emptyDict = 0x7D
  case proto = 0x80, newObj = 0x81, ext1 = 0x82, ext2 = 0x83, ext4 = 0x84
  case tuple1 = 0x85, tuple2 = 0x86, tuple3 = 0x87, newTrue = 0x88, newFalse = 0x89
  case long1 = 0x8A, long4 = 0x8B, binBytes = 0x42, shortBinBytes = 0x43
  case shortBinUnicode = 0x8C, binUnicode8 = 0x8D, binBytes8 = 0x8E, emptySet = 0x8F
  case addItems = 0x90, frozenSet = 0x91, newObjEx = 0x92, stackGlobal = 0x93, memoize = 0x94
  case frame = 0x95, byteArray8 = 0x96, nextBuffer = 0x97, readonlyBuffer = 0x98
}

/// The Python names that a pickle of tensors may use; every other one is refused.
enum PickleGlobal: Equatable {
  case orderedDict
  case size
  /// `_rebuild_tensor_v2` of a typed storage, `_rebuild_tensor_v3` of an untyped one.
  case rebuildTensor
  case rebuildUntypedTensor
  case rebuildParameter
  /// A typed storage; nil: an untyped one, whose size is in bytes.
  case storage(ElementType?)
  case elementType(ElementType)

  private static let storages: [String: ElementType] = [
    "DoubleStorage": .float64, "FloatStorage": .float32, "HalfStorage": .float16,
    "BFloat16Storage": .bfloat16, "LongStorage": .int64, "IntStorage": .int32,
    "ShortStorage": .int16, "CharStorage": .int8, "ByteStorage": .uint8, "BoolStorage": .bool,
  ]

  private static let types: [String: ElementType] = [
    "float64": .float64, "float32": .float32, "float16": .float16, "bfloat16": .bfloat16,
    "float8_e5m2": .float8e5m2, "float8_e4m3fn": .float8e4m3, "int64": .int64, "int32": .int32,
    "int16": .int16, "int8": .int8, "uint64": .uint64, "uint32": .uint32, "uint16": .uint16,
    "uint8": .uint8, "bool": .bool,
  ]

  init?(module: String, name: String) {
    switch (module, name) {
    case ("collections", "OrderedDict"): self = .orderedDict
    case ("torch", "Size"): self = .size
    case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor
    case ("torch._utils", "_rebuild_tensor_v3"): self = .rebuildUntypedTensor
    case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
    case ("torch.storage", "UntypedStorage"), ("torch", "UntypedStorage"): self = .storage(nil)
    default:
      guard module == "torch" else { return nil }
      if let type = PickleGlobal.storages[name] {
        self = .storage(type)
      } else if let type = PickleGlobal.types[name] {
        self = .elementType(type)
      } else {
        return nil
      }
    }
  }
}
