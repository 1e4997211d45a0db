/// A safetensors file open for reading; usable from several threads at once.
public final class SafeTensorsFile: Sendable {
  /// In the order of their bytes in the file.
  public let entries: [TensorEntry]
  public let metadata: [String: String]
  private let byName: [String: TensorEntry]
  private let file: InputFile

  /// Reads and checks the header, but not the tensors.
  ///
  /// - Throws: `CheckpointError` for a file that cannot be read or breaks the format.
  public init(path: String) throws(CheckpointError) {
    file = try InputFile(path)
    let start = try file.bytes(at: 0, count: min(SafeTensorsHeader.startBytes, file.byteCount))
    let length = try SafeTensorsHeader.length(start, fileBytes: file.byteCount, place: path)
    let json = try file.bytes(at: 8, count: length)
    let header = try SafeTensorsHeader(json: json, fileBytes: file.byteCount, place: path)
    entries = header.entries
    metadata = header.metadata
    byName = Dictionary(uniqueKeysWithValues: header.entries.map { ($0.name, $0) })
  }

  public var path: String { file.path }

  public subscript(name: String) -> TensorEntry? { byName[name] }

  /// Reads a tensor of F32, F16, BF16 or F64 elements as `Float`.
  ///
  /// - Parameters:
  ///   - shape: the expected shape; nil accepts any shape with as many elements.
  ///   - floats: as many elements as the tensor has.
  /// - Throws: `CheckpointError` for a tensor that does not exist or has another shape or type, or
  ///   for a failed read.
  public func read(
    _ name: String, shape: [Int]? = nil, into floats: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError) {
    let entry = try find(name)
    guard entry.count == floats.count else {
      throw CheckpointError(
        path, .wrongShape(name: name, expected: shape ?? [floats.count], found: entry.shape))
    }
    try read(name, shape: shape ?? entry.shape, elements: 0..<entry.count, into: floats)
  }

  /// Reads some elements of a tensor, in row-major order.
  ///
  /// - Parameters:
  ///   - shape: the shape of the whole tensor.
  ///   - elements: positions within the tensor; as many as `floats` has room for.
  /// - Throws: as `read(_:shape:into:)`.
  public func read(
    _ name: String, shape: [Int], elements: Range<Int>,
    into floats: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError) {
    let entry = try find(name)
    guard entry.type.isReadableAsFloat else {
      throw CheckpointError(path, .wrongType(name: name, found: entry.type.rawValue))
    }
    guard entry.shape == shape else {
      throw CheckpointError(path, .wrongShape(name: name, expected: shape, found: entry.shape))
    }
    precondition(elements.count == floats.count && elements.upperBound <= entry.count)
    try file.read(
      entry.type, at: entry.offset + elements.lowerBound * entry.type.size, into: floats)
  }

  /// Reads a tensor of I64 elements.
  public func integers(_ name: String) throws(CheckpointError) -> [Int64] {
    let entry = try find(name)
    guard entry.type == .int64 else {
      throw CheckpointError(path, .wrongType(name: name, found: entry.type.rawValue))
    }
    let bytes = try file.bytes(at: entry.offset, count: entry.byteCount)
    return bytes.withUnsafeBytes { bytes in
      (0..<entry.count).map {
        Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Int64.self))
      }
    }
  }

  private func find(_ name: String) throws(CheckpointError) -> TensorEntry {
    guard let entry = byName[name] else {
      throw CheckpointError(path, .missing("tensor \(name)"))
    }
    return entry
  }
}
