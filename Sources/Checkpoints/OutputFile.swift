import Checksums

/// A new file that is written, with a count and a checksum of its bytes.
struct OutputFile: ~Copyable {
  let path: String
  private(set) var byteCount = 0
  private let descriptor: Int32
  private let files: any FileSystem
  private var hash = Checksum()

  private init(_ path: String, _ files: any FileSystem) throws(CheckpointError) {
    self.path = path
    self.files = files
    descriptor = try files.create(path)
  }

  mutating func write(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
    // In blocks, so that the bytes are still in the cache when they are written after hashing.
    var rest = bytes[...]
    while !rest.isEmpty {
      let block = UnsafeRawBufferPointer(rebasing: rest.prefix(InputFile.blockBytes))
      hash.update(block)
      try files.write(block, to: descriptor, path: path)
      byteCount += block.count
      rest = rest.dropFirst(block.count)
    }
  }

  mutating func write(_ bytes: [UInt8]) throws(CheckpointError) {
    var failure: CheckpointError?
    bytes.withUnsafeBytes { buffer in
      do throws(CheckpointError) {
        try write(buffer)
      } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Creates a file, lets `body` write it, syncs and closes it.
  static func create(
    _ path: String, _ files: any FileSystem,
    _ body: (inout OutputFile) throws(CheckpointError) -> Void
  ) throws(CheckpointError) -> FileRecord {
    var file = try OutputFile(path, files)
    do throws(CheckpointError) {
      try body(&file)
      try files.sync(file.descriptor, path: path)
    } catch {
      try? files.close(file.descriptor, path: path)
      throw error
    }
    try files.close(file.descriptor, path: path)
    let name = String(path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...])
    return FileRecord(name: name, bytes: file.byteCount, xxh64: file.hash.text)
  }
}
