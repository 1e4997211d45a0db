import Checksums
import Foundation

/// A regular file open for reading at any place; usable from several threads at once.
final class InputFile: Sendable {
  static let blockBytes = 1 << 20

  let path: String
  let byteCount: Int
  private let descriptor: Int32

  init(_ path: String) throws(CheckpointError) {
    // O_NONBLOCK: a pipe with a checkpoint's name must not block the reader.
    let opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard opened >= 0 else {
      throw CheckpointError(path, .system(operation: "open it", code: errno))
    }
    var status = stat()
    guard fstat(opened, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(opened)
      throw CheckpointError(path, .malformed("is not a regular file"))
    }
    self.path = path
    byteCount = Int(status.st_size)
    descriptor = opened
  }

  deinit { close(descriptor) }

  /// Fills the buffer from the bytes at `offset`.
  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(CheckpointError) {
    var done = 0
    while done < buffer.count {
      let part = UnsafeMutableRawBufferPointer(rebasing: buffer[done...].prefix(1 << 30))
      let got = pread(descriptor, part.baseAddress, part.count, off_t(offset + done))
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else {
        throw CheckpointError(path, .system(operation: "read it", code: errno))
      }
      guard got > 0 else {
        throw CheckpointError(
          path, .truncated(expected: offset + buffer.count, found: offset + done))
      }
      done += got
    }
  }

  /// `count` bytes at `offset`, which must lie inside the file.
  func bytes(at offset: Int, count: Int) throws(CheckpointError) -> [UInt8] {
    precondition(offset >= 0 && count >= 0 && count <= byteCount - offset)
    var bytes = [UInt8](repeating: 0, count: count)
    var failure: CheckpointError?
    bytes.withUnsafeMutableBytes { buffer in
      do throws(CheckpointError) {
        try read(at: offset, into: buffer)
      } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }

  /// The whole file, refused when it is larger than the limit.
  func contents(limit: Int) throws(CheckpointError) -> [UInt8] {
    guard byteCount <= limit else {
      throw CheckpointError(path, .tooLarge(bytes: byteCount, limit: limit))
    }
    return try bytes(at: 0, count: byteCount)
  }

  /// The xxh64 of the whole file, as `xxh64sum` prints it.
  func checksum() throws(CheckpointError) -> String {
    let block = UnsafeMutableRawBufferPointer.allocate(
      byteCount: min(InputFile.blockBytes, byteCount), alignment: 64)
    defer { block.deallocate() }
    var hash = Checksum()
    var offset = 0
    while offset < byteCount {
      let part = UnsafeMutableRawBufferPointer(rebasing: block.prefix(byteCount - offset))
      try read(at: offset, into: part)
      hash.update(UnsafeRawBufferPointer(part))
      offset += part.count
    }
    return hash.text
  }
}
