/// The element types of a safetensors file, by the names they have there.
///
/// The format also has types below one byte; they are refused as unknown.
public enum ElementType: String, Sendable, CaseIterable {
  case float64 = "F64"
  case float32 = "F32"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case float8e5m2 = "F8_E5M2"
  case float8e4m3 = "F8_E4M3"
  case int64 = "I64"
  case int32 = "I32"
  case int16 = "I16"
  case int8 = "I8"
  case uint64 = "U64"
  case uint32 = "U32"
  case uint16 = "U16"
  case uint8 = "U8"
  case bool = "BOOL"

  /// Bytes of one element.
  public var size: Int {
    switch self {
    case .float64, .int64, .uint64: 8
    case .float32, .int32, .uint32: 4
    case .float16, .bfloat16, .int16, .uint16: 2
    case .float8e5m2, .float8e4m3, .int8, .uint8, .bool: 1
    }
  }

  /// Whether `SafeTensorsFile.read` can convert it to `Float`.
  public var isReadableAsFloat: Bool {
    switch self {
    case .float64, .float32, .float16, .bfloat16: true
    default: false
    }
  }

  /// Converts little-endian elements to `Float`; float64 is rounded to nearest.
  ///
  /// - Precondition: a type that is readable as `Float`; `bytes` hold `floats.count` elements.
  func convert(_ bytes: UnsafeRawBufferPointer, to floats: UnsafeMutableBufferPointer<Float>) {
    precondition(bytes.count == floats.count * size && isReadableAsFloat)
    for index in 0..<floats.count {
      switch self {
      case .float64:
        let bits = bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)
        floats[index] = Float(Double(bitPattern: UInt64(littleEndian: bits)))
      case .float32:
        let bits = bytes.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)
        floats[index] = Float(bitPattern: UInt32(littleEndian: bits))
      case .float16:
        let bits = bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)
        floats[index] = Float(Float16(bitPattern: UInt16(littleEndian: bits)))
      default:
        let bits = bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)
        floats[index] = Float(bitPattern: UInt32(UInt16(littleEndian: bits)) << 16)
      }
    }
  }
}
