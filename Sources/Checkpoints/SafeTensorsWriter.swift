import Foundation
import JSON
import Tensors

/// A tensor to be written: a name, a shape and memory that somebody else holds.
///
/// The memory must stay as it is until the write has returned.
public struct TensorSource {
  public let name: String
  public let shape: [Int]
  public let type: ElementType
  let bytes: UnsafeRawBufferPointer
  private let owner: Tensor?

  init(
    _ name: String, _ shape: [Int], _ type: ElementType, _ bytes: UnsafeRawBufferPointer,
    owner: Tensor? = nil
  ) {
    precondition(TensorEntry.count(of: shape).map { $0 * type.size } == bytes.count)
    precondition(name != "__metadata__")
    self.name = name
    self.shape = shape
    self.type = type
    self.bytes = bytes
    self.owner = owner
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

/// Writes safetensors files that the `safetensors` package of Python reads.
public enum SafeTensorsWriter {
  /// Writes one file under a temporary name, syncs and renames it.
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
      for tensor in ordered { try file.write(tensor.bytes) }
    }
  }

  /// The length field and the JSON, filled up with spaces to a multiple of eight bytes.
  private static func header(_ tensors: [TensorSource], metadata: [String: String]) -> [UInt8] {
    var members: [String: JSONValue] = [:]
    var offset = 0
    for tensor in tensors {
      let end = offset + tensor.bytes.count
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
