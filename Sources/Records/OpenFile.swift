import Checksums
import Foundation

/// An open file that closes itself; many threads may read from it at an offset.
struct OpenFile: ~Copyable, Sendable {
  let descriptor: Int32
  let path: String

  /// Opens a regular file for reading.
  init(reading path: String) throws(RecordError) {
    self.descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    self.path = path
    guard descriptor >= 0 else { throw Self.failure("open", path) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Self.failure("examine", path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw RecordError(file: path, reason: .table("it is not a regular file"))
    }
  }

  /// Opens an empty file for writing, unless another writer has it open.
  init(writing path: String) throws(RecordError) {
    self.descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
    self.path = path
    guard descriptor >= 0 else { throw Self.failure("create", path) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
      throw RecordError(file: path, reason: .inUse)
    }
    // Another writer may have published the file since it was opened here.
    guard hasItsName else { throw RecordError(file: path, reason: .inUse) }
    guard ftruncate(descriptor, 0) == 0 else { throw Self.failure("empty", path) }
  }

  /// Takes over an open descriptor.
  init(taking descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit {
    guard descriptor >= 0 else { return }
    // A child process that was just forked may still have the file open, and so hold its lock.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }

  private var hasItsName: Bool {
    var held = stat(), named = stat()
    return fstat(descriptor, &held) == 0 && lstat(path, &named) == 0
      && (held.st_dev, held.st_ino) == (named.st_dev, named.st_ino)
  }

  func bytes() throws(RecordError) -> Int {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Self.failure("examine", path) }
    return Int(status.st_size)
  }

  /// Exactly `count` bytes from `offset`.
  func read(at offset: Int, count: Int) throws(RecordError) -> [UInt8] {
    do throws(RecordError.Reason) {
      return try readReason(at: offset, count: count)
    } catch {
      throw RecordError(file: path, reason: error)
    }
  }

  func readReason(at offset: Int, count: Int) throws(RecordError.Reason) -> [UInt8] {
    guard offset >= 0 else { throw .truncated(expected: count, found: count + offset) }
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let got = pread(
          descriptor, buffer.baseAddress! + filled, count - filled, off_t(offset + filled))
        if got < 0 && errno == EINTR { continue }
        if got < 0 { code = errno }
        if got <= 0 { break }
        filled += got
      }
    }
    guard code == 0 else { throw .io(operation: "read", code: code) }
    guard bytes.count == count else { throw .truncated(expected: count, found: bytes.count) }
    return bytes
  }

  /// xxh64 of all bytes.
  func checksum() throws(RecordError) -> String {
    let size = try bytes()
    var sum = Checksum(), offset = 0
    while offset < size {
      let piece = try read(at: offset, count: min(1 << 20, size - offset))
      piece.withUnsafeBytes { sum.update($0) }
      offset += piece.count
    }
    return sum.text
  }

  func write(_ bytes: [UInt8]) throws(RecordError) {
    var written = 0
    while written < bytes.count {
      let put = bytes.withUnsafeBufferPointer {
        Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written)
      }
      if put < 0 && errno == EINTR { continue }
      guard put > 0 else { throw Self.failure("write", path) }
      written += put
    }
  }

  /// Syncs the file, renames it to `final` and syncs the folder: then it is safely on the disk.
  func publish(as final: String) throws(RecordError) {
    guard fsync(descriptor) == 0 else { throw Self.failure("sync", path) }
    guard rename(path, final) == 0 else { throw Self.failure("rename", path) }
    let folder = (final as NSString).deletingLastPathComponent
    let handle = open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard handle >= 0 else { throw Self.failure("open", folder) }
    defer { close(handle) }
    guard fsync(handle) == 0 else { throw Self.failure("sync", folder) }
  }

  static func failure(_ operation: String, _ path: String) -> RecordError {
    RecordError(file: path, reason: .io(operation: operation, code: errno))
  }
}
