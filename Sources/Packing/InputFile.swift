import Foundation

/// A plain file that any thread can read at any position.
final class InputFile: Sendable {
  let path: String
  let bytes: Int
  private let descriptor: Int32

  /// Folders, pipes and devices are refused: reading a pipe would block.
  /// - Parameter bounds: a folder's path without links; what a link leads to outside of it is
  ///   refused. Nil: links may lead anywhere.
  init(path: String, within bounds: String? = nil) throws(PackingError) {
    self.path = path
    var descriptor: Int32
    repeat {
      descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    } while descriptor < 0 && errno == EINTR
    guard descriptor >= 0 else { throw PackingError(path, Self.failure(errno)) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw PackingError(path, .notAFile)
    }
    guard bounds.map({ Self.isInside($0, descriptor) }) ?? true else {
      close(descriptor)
      throw PackingError(path, .linkedOut)
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
    guard code == 0 else { throw PackingError(path, Self.failure(code)) }
    return bytes
  }

  /// A whole file.
  static func read(
    path: String, what: String, limit: Int, within bounds: String? = nil
  ) throws(PackingError) -> [UInt8] {
    let file = try InputFile(path: path, within: bounds)
    guard file.bytes <= limit else {
      throw PackingError(path, .tooLarge(what: what, bytes: file.bytes, limit: limit))
    }
    let bytes = try file.read(at: 0, count: file.bytes)
    guard bytes.count == file.bytes else {
      throw PackingError(path, .fault("it gave \(bytes.count) of its \(file.bytes) bytes"))
    }
    return bytes
  }

  /// A folder's path without links; nil where there is none.
  static func realPath(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }

  /// Asks the system where the open file is: no link can be changed in between.
  private static func isInside(_ folder: String, _ descriptor: Int32) -> Bool {
    let real = realPath("/proc/self/fd/\(descriptor)")
    return real?.hasPrefix(folder.hasSuffix("/") ? folder : folder + "/") ?? false
  }

  /// The file's own fault, or the machine's, which may be gone the next time.
  private static func failure(_ code: Int32) -> PackingError.Reason {
    let text = String(cString: strerror(code))
    return switch code {
    case ENOENT: .missing
    case EACCES, EPERM, ELOOP, ENAMETOOLONG, ENOTDIR, ENXIO, ENODEV: .unreadable(text)
    default: .fault(text)
    }
  }
}
