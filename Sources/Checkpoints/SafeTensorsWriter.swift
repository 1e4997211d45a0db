import Foundation
import JSON
import Tensors

/// A tensor to be written: a name, a shape, and its elements. Their memory belongs to somebody
/// else, or they are made when the tensor's turn comes.
///
/// The memory must not change until the write has returned.
public struct TensorSource {
  private enum Content {
    case memory(UnsafeRawBufferPointer, owner: Tensor?)
    case made(() throws(CheckpointError) -> Tensor)
  }

  public let name: String
  public let shape: [Int]
  public let type: ElementType
  let byteCount: Int
  private let content: Content

  init(
    _ name: String, _ shape: [Int], _ type: ElementType, _ bytes: UnsafeRawBufferPointer,
    owner: Tensor? = nil
  ) {
    precondition(TensorEntry.count(of: shape).map { $0 * type.size } == bytes.count)
    precondition(name != "__metadata__")
    self.name = name
    self.shape = shape
    self.type = type
    byteCount = bytes.count
    content = .memory(bytes, owner: owner)
  }

  /// A tensor that is made when it is written. A file's tensors are made in order, each once.
  /// - Parameter make: returns as many elements as the shape has; an error it throws ends the
  ///   write.
  public init(
    _ name: String, shape: [Int], make: @escaping () throws(CheckpointError) -> Tensor
  ) {
    precondition(name != "__metadata__")
    self.name = name
    self.shape = shape
    type = .float32
    byteCount = shape.reduce(4, *)
    content = .made(make)
  }

  func write(to file: inout OutputFile) throws(CheckpointError) {
    switch content {
    case .memory(let bytes, _): try file.write(bytes)
    case .made(let make):
      let tensor = try make()
      precondition(tensor.bytes == byteCount, "\(name) has its shape")
      try file.write(UnsafeRawBufferPointer(tensor.buffer))
      withExtendedLifetime(tensor) {}
    }
  }

  /// - Precondition: the shape's product is the buffer's count.
  public init(_ name: String, shape: [Int], floats: UnsafeBufferPointer<Float>) {
    self.init(name, shape, .float32, UnsafeRawBufferPointer(floats))
  }

  /// - Precondition: the shape's product is the buffer's count.
  public init(_ name: String, shape: [Int], integers: UnsafeBufferPointer<Int64>) {
    self.init(name, shape, .int64, UnsafeRawBufferPointer(integers))
  }
}

/// Writes safetensors files, which Python's `safetensors` package reads.
public enum SafeTensorsWriter {
  /// Writes one file under a temporary name, syncs it and renames it.
  ///
  /// - Precondition: names differ.
  /// - Throws: `CheckpointError` of kind `.files`; nothing is left under `path` then.
  public static func write(
    _ tensors: [TensorSource], metadata: [String: String] = [:], to path: String
  ) throws(CheckpointError) {
    let files = SystemFiles()
    let temporary = path + ".tmp"
    do throws(CheckpointError) {
      _ = try write(tensors, metadata: metadata, to: temporary, files)
      try files.rename(temporary, to: path)
      let parent = (path as NSString).deletingLastPathComponent
      try files.syncDirectory(parent.isEmpty ? "." : parent)
    } catch {
      try? files.remove(temporary)
      throw error
    }
  }

  static func write(
    _ tensors: [TensorSource], metadata: [String: String], to path: String, _ files: any FileSystem
  ) throws(CheckpointError) -> FileRecord {
    // Wider elements first, so that every tensor is aligned to its element.
    let ordered = tensors.filter { $0.type.size == 8 } + tensors.filter { $0.type.size < 8 }
    let header = header(ordered, metadata: metadata)
    return try OutputFile.create(path, files) { (file) throws(CheckpointError) in
      try file.write(header)
      for tensor in ordered { try tensor.write(to: &file) }
    }
  }

  /// The length field and the JSON, padded with spaces to a multiple of eight bytes.
  private static func header(_ tensors: [TensorSource], metadata: [String: String]) -> [UInt8] {
    var members: [String: JSONValue] = [:]
    var offset = 0
    for tensor in tensors {
      let end = offset + tensor.byteCount
      let replaced = members.updateValue(
        .object([
          "dtype": .string(tensor.type.rawValue),
          "shape": .array(tensor.shape.map(JSONValue.integer)),
          "data_offsets": .array([.integer(offset), .integer(end)]),
        ]), forKey: tensor.name)
      precondition(replaced == nil, "two tensors named \(tensor.name)")
      offset = end
    }
    if !metadata.isEmpty {
      members["__metadata__"] = .object(metadata.mapValues(JSONValue.string))
    }
    var json = Array(JSONValue.object(members).text().utf8)
    json.append(contentsOf: repeatElement(0x20, count: (8 - json.count % 8) % 8))
    return withUnsafeBytes(of: UInt64(json.count).littleEndian, Array.init) + json
  }
}
