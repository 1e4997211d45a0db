import Foundation

/// An error of the system, by its `errno`.
public struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
  public let code: Int32

  public init(code: Int32) { self.code = code }

  public var description: String { String(cString: strerror(code)) }
}

/// What a folder holds. Foundation's listing ends quietly at an error in the middle of a folder,
/// and what comes after it is lost; this one tells it.
public enum FolderListing {
  /// - Returns: all names but `.` and `..`, sorted by their bytes.
  public static func names(in path: String) throws(SystemError) -> [String] {
    guard let stream = opendir(path) else { throw SystemError(code: errno) }
    defer { closedir(stream) }
    return try names(of: stream)
  }

  /// - Parameter stream: what `opendir` gave.
  package static func names(of stream: OpaquePointer) throws(SystemError) -> [String] {
    var names: [String] = []
    errno = 0
    while let entry = readdir(stream) {
      let length = Int(entry.pointee.d_reclen)
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix(length).prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
      errno = 0
    }
    guard errno == 0 else { throw SystemError(code: errno) }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Whether a folder has this path; false where nothing has.
  /// - Parameter followingLinks: whether a link to a folder counts.
  public static func isFolder(
    _ path: String, followingLinks: Bool
  ) throws(SystemError) -> Bool {
    var status = stat()
    let result = followingLinks ? stat(path, &status) : lstat(path, &status)
    guard result == 0 || errno == ENOENT else { throw SystemError(code: errno) }
    return result == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
