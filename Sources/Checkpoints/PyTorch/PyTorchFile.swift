/// A file that `torch.save` wrote: one value made of tensors in plain containers. The tensors'
/// elements stay in the file until they are read.
///
/// No code in the file is run. Reading its structure takes some hundred bytes of memory per tensor,
/// and up to 256 MiB for the most hostile file.
public final class PyTorchFile: Sendable {
  public let path: String
  public let root: PickleValue
  private let file: InputFile

  /// The number that torch before 1.6 pickled first.
  private static let oldStart: [UInt8] = [
    0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
  ]

  private static let zipStart: [UInt8] = [0x50, 0x4B, 0x03, 0x04]

  /// Whether a file begins as torch's files do. Read as the length of a safetensors header, these
  /// bytes are beyond the limit, so no safetensors file begins so.
  public static func isOne(_ path: String) throws(CheckpointError) -> Bool {
    let file = try InputFile(path)
    let start = try file.bytes(at: 0, count: min(4, file.byteCount))
    return start == zipStart || start == Array(oldStart.prefix(4))
  }

  /// Reads and checks everything but the tensors' elements.
  ///
  /// - Throws: `CheckpointError` for a file that cannot be read, is damaged, or asks for more than
  ///   tensors and plain containers.
  public init(path: String) throws(CheckpointError) {
    self.path = path
    file = try InputFile(path)
    try PyTorchFile.checkStart(of: file)
    let archive = try ZipArchive(file)
    let pickles = archive.names.filter { $0.hasSuffix("/data.pkl") }
    guard pickles.count == 1, let pickle = archive[pickles[0]] else {
      throw CheckpointError(path, .malformed("is a zip archive but not one of torch.save"))
    }
    let folder = pickle.name.dropLast("data.pkl".count)
    try PyTorchFile.check(archive, folder: String(folder))
    let bytes = try archive.contents(pickle, limit: PickleReader.byteLimit)
    root = try PickleReader.read(bytes, place: path) { archive["\(folder)data/\($0)"] }
  }

  private static func checkStart(of file: InputFile) throws(CheckpointError) {
    let start = try file.bytes(at: 0, count: min(oldStart.count, file.byteCount))
    if start.starts(with: zipStart) { return }
    guard start == oldStart else {
      throw CheckpointError(file.path, .malformed("is not a file of torch.save"))
    }
    throw CheckpointError(
      file.path,
      .unsupported(
        "is in the format that torch wrote before 1.6, a pickle without a zip archive",
        remedy: "Save it anew: torch.save(torch.load(FILE, \"cpu\", weights_only=True), NEW)"))
  }

  private static func check(_ archive: ZipArchive, folder: String) throws(CheckpointError) {
    guard archive["\(folder)constants.pkl"] == nil else {
      throw CheckpointError(
        archive.file.path,
        .unsupported(
          "is a program of TorchScript, not only tensors",
          remedy: "Save the weights alone: torch.save(torch.jit.load(FILE).state_dict(), NEW)"))
    }
    guard let entry = archive["\(folder)byteorder"] else { return }
    let order = try archive.contents(entry, limit: 16)
    guard order == Array("little".utf8) else {
      throw CheckpointError(
        archive.file.path,
        .unsupported(
          "was written on a big-endian machine",
          remedy: "Load it there and save it as safetensors"))
    }
  }

  /// Reads a tensor of F32, F16, BF16 or F64 elements as `Float`, in the order of its shape.
  ///
  /// - Parameters:
  ///   - name: for errors.
  ///   - floats: as many as the tensor has elements.
  /// - Throws: `CheckpointError` for another type, damaged contents, or a failed read.
  public func read(
    _ tensor: PyTorchTensor, named name: String, into floats: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError) {
    precondition(floats.count == tensor.count)
    guard tensor.type.isReadableAsFloat else {
      throw CheckpointError(path, .wrongType(name: name, found: tensor.type.rawValue))
    }
    if tensor.isContiguous { return try readRow(tensor, named: name, into: floats) }
    let all = UnsafeMutableBufferPointer<Float>.allocate(capacity: tensor.span)
    defer { all.deallocate() }
    try readRow(tensor, named: name, into: all)
    var index = [Int](repeating: 0, count: tensor.shape.count)
    for element in 0..<tensor.count {
      floats[element] = all[zip(index, tensor.strides).reduce(0) { $0 + $1.0 * $1.1 }]
      PyTorchFile.advance(&index, in: tensor.shape)
    }
  }

  /// Moves to the next index in the order of the shape; the last dimension changes fastest.
  private static func advance(_ index: inout [Int], in shape: [Int]) {
    for dimension in shape.indices.reversed() {
      index[dimension] += 1
      if index[dimension] < shape[dimension] { return }
      index[dimension] = 0
    }
  }

  /// Reads elements that lie one after another; checks the storage's CRC-32 where all of it is
  /// read.
  private func readRow(
    _ tensor: PyTorchTensor, named name: String, into floats: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError) {
    var sum = EntryChecksum(tensor.storage)
    let offset = tensor.storage.offset + tensor.first * tensor.type.size
    try file.read(tensor.type, at: offset, into: floats) { sum.update($0) }
    guard floats.count * tensor.type.size == tensor.storage.count else { return }
    try sum.check(place: "\(path): \(name)")
  }
}
