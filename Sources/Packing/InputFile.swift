import Foundation

/// A plain file that any thread can read at any position.
final class InputFile: Sendable {
  let path: String
  let bytes: Int
  private let descriptor: Int32

  /// Folders, pipes and devices are refused: reading a pipe would block.
  init(path: String) throws(PackingError) {
    self.path = path
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw PackingError(path, Self.failure()) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw PackingError(path, .notAFile)
    }
    self.descriptor = descriptor
    bytes = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// The bytes from `offset` on, fewer than `count` only at the end.
  func read(at offset: Int, count: Int) throws(PackingError) -> [UInt8] {
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count, let base = buffer.baseAddress {
        let got = pread(descriptor, base + filled, count - filled, off_t(offset + filled))
        if got < 0, errno == EINTR { continue }
        if got < 0 { code = errno }
        if got <= 0 { break }
        filled += got
      }
    }
    guard code == 0 else { throw PackingError(path, .unreadable(String(cString: strerror(code)))) }
    return bytes
  }

  /// A whole file.
  static func read(path: String, what: String, limit: Int) throws(PackingError) -> [UInt8] {
    let file = try InputFile(path: path)
    guard file.bytes <= limit else {
      throw PackingError(path, .tooLarge(what: what, bytes: file.bytes, limit: limit))
    }
    return try file.read(at: 0, count: file.bytes)
  }

  private static func failure() -> PackingError.Reason {
    errno == ENOENT ? .missing : .unreadable(String(cString: strerror(errno)))
  }
}
