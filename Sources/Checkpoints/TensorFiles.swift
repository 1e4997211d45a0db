import JSON

/// The tensors of one safetensors file, or of several with Hugging Face's index beside them.
///
/// `model.safetensors`, or `model.safetensors.index.json` naming
/// `model-00001-of-00002.safetensors` and so on.
public struct TensorFiles: NamedTensors {
  /// The size at which Hugging Face begins a new file.
  public static let fileBytes = 5_000_000_000
  private static let indexLimit = 64 << 20

  /// Sorted by name.
  public let entries: [TensorEntry]
  public let metadata: [String: String]
  /// The file, or the index of several.
  public let place: String
  private let holder: [String: SafeTensorsFile]

  /// Opens `NAME.safetensors` or `NAME.safetensors.index.json` in a folder.
  ///
  /// - Throws: `CheckpointError` when neither is there, or index and files disagree.
  public init(folder: String, name: String) throws(CheckpointError) {
    let index = "\(folder)/\(name).safetensors.index.json"
    if exists(index) {
      try self.init(index: index, folder: folder)
    } else {
      try self.init(file: "\(folder)/\(name).safetensors")
    }
  }

  /// Opens one file.
  public init(file path: String) throws(CheckpointError) {
    try self.init([SafeTensorsFile(path: path)], place: path)
  }

  private init(_ files: [SafeTensorsFile], place: String) throws(CheckpointError) {
    var holder: [String: SafeTensorsFile] = [:]
    for file in files {
      for entry in file.entries where holder.updateValue(file, forKey: entry.name) != nil {
        throw CheckpointError(file.path, .duplicate(entry.name))
      }
    }
    self.holder = holder
    self.place = place
    entries = files.flatMap(\.entries).sorted { $0.name < $1.name }
    metadata = files.first?.metadata ?? [:]
  }

  private init(index: String, folder: String) throws(CheckpointError) {
    let bytes = try InputFile(index).contents(limit: TensorFiles.indexLimit)
    guard let map = try JSONReader.read(bytes, place: index)["weight_map"]?.object else {
      throw CheckpointError(index, .malformed("has no weight_map"))
    }
    let names = map.values.compactMap(\.string)
    guard names.count == map.count, names.allSatisfy(FileRecord.isPlainName) else {
      throw CheckpointError(index, .malformed("its weight_map names something that is no file"))
    }
    var files: [SafeTensorsFile] = []
    for name in Set(names).sorted() { files.append(try SafeTensorsFile(path: "\(folder)/\(name)")) }
    try self.init(files, place: index)
    guard holder.count == map.count else {
      throw CheckpointError(index, .malformed("names other tensors than its files hold"))
    }
    for (name, file) in map where holder[name]?.path != "\(folder)/\(file.string ?? "")" {
      throw CheckpointError(index, .missing("tensor \(name) where its weight_map says"))
    }
  }

  public subscript(name: String) -> TensorEntry? { holder[name]?[name] }

  /// Reads a tensor of F32, F16, BF16 or F64 elements as `Float`; see `SafeTensorsFile.read`.
  public func read(
    _ name: String, shape: [Int]? = nil, into floats: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError) {
    guard let file = holder[name] else { throw missing(name) }
    try file.read(name, shape: shape, into: floats)
  }

  /// Reads some elements of a tensor; see `SafeTensorsFile.read`.
  public func read(
    _ name: String, shape: [Int], elements: Range<Int>,
    into floats: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError) {
    guard let file = holder[name] else { throw missing(name) }
    try file.read(name, shape: shape, elements: elements, into: floats)
  }
}

extension TensorFiles {
  /// Writes `NAME.safetensors`, or above `fileBytes` several files and their index.
  static func write(
    _ tensors: [TensorSource], metadata: [String: String], name: String, folder: String,
    fileBytes: Int, _ files: any FileSystem
  ) throws(CheckpointError) -> [FileRecord] {
    let parts = split(tensors, fileBytes: fileBytes)
    guard parts.count > 1 else {
      let path = "\(folder)/\(name).safetensors"
      return [try SafeTensorsWriter.write(tensors, metadata: metadata, to: path, files)]
    }
    var records: [FileRecord] = []
    var map: [String: JSONValue] = [:]
    for (number, part) in parts.enumerated() {
      let file = "\(name)-\(five(number + 1))-of-\(five(parts.count)).safetensors"
      let path = "\(folder)/\(file)"
      records.append(try SafeTensorsWriter.write(part, metadata: metadata, to: path, files))
      for tensor in part { map[tensor.name] = .string(file) }
    }
    let total = tensors.reduce(0) { $0 + $1.byteCount }
    let index = JSONValue.object([
      "metadata": .object(["total_size": .integer(total)]), "weight_map": .object(map),
    ])
    let path = "\(folder)/\(name).safetensors.index.json"
    records.append(
      try OutputFile.create(path, files) { (file) throws(CheckpointError) in
        try file.write(Array(index.text(indented: true).utf8))
      })
    return records
  }

  /// Fills files in order; a tensor larger than a file gets a file of its own.
  private static func split(_ tensors: [TensorSource], fileBytes: Int) -> [[TensorSource]] {
    var parts: [[TensorSource]] = [[]]
    var bytes = 0
    for tensor in tensors {
      if bytes + tensor.byteCount > fileBytes, !parts[parts.count - 1].isEmpty {
        parts.append([])
        bytes = 0
      }
      parts[parts.count - 1].append(tensor)
      bytes += tensor.byteCount
    }
    return parts
  }

  private static func five(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }
}
