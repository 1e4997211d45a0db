import Foundation
import Records

/// The operations that writing a checkpoint needs; tests replace them to make them fail.
package protocol FileSystem: Sendable {
  /// Makes one folder; it is no error if it exists.
  func makeDirectory(_ path: String) throws(CheckpointError)
  /// Opens a new, empty file for writing and gives its descriptor.
  func create(_ path: String) throws(CheckpointError) -> Int32
  func write(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String) throws(CheckpointError)
  func sync(_ descriptor: Int32, path: String) throws(CheckpointError)
  func close(_ descriptor: Int32, path: String) throws(CheckpointError)
  func syncDirectory(_ path: String) throws(CheckpointError)
  func rename(_ path: String, to target: String) throws(CheckpointError)
  func symbolicLink(to target: String, at path: String) throws(CheckpointError)
  /// Removes a file, a link or an empty folder; it is no error if it does not exist.
  func remove(_ path: String) throws(CheckpointError)
  /// Names in a folder, sorted.
  func list(_ path: String) throws(CheckpointError) -> [String]
}

extension FileSystem {
  /// Removes a file, or a folder with everything in it; it is no error if it does not exist.
  package func removeTree(_ path: String) throws(CheckpointError) {
    if isDirectory(path) {
      for name in try list(path) { try removeTree(path + "/" + name) }
    }
    try remove(path)
  }

  /// Makes a folder and those above it; each is synced into the one above it.
  package func makeDirectories(_ path: String) throws(CheckpointError) {
    guard !path.isEmpty, path != "/", !isDirectory(path, followingLinks: true) else { return }
    let parent = (path as NSString).deletingLastPathComponent
    try makeDirectories(parent)
    try makeDirectory(path)
    try syncDirectory(parent.isEmpty ? "." : parent)
  }
}

func isDirectory(_ path: String, followingLinks: Bool = false) -> Bool {
  var status = stat()
  let result = followingLinks ? stat(path, &status) : lstat(path, &status)
  return result == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// The operating system itself.
package struct SystemFiles: FileSystem {
  package init() {}

  private func check(
    _ result: Int32, _ operation: String, _ path: String, allowing code: Int32? = nil
  ) throws(CheckpointError) {
    guard result < 0, errno != code else { return }
    throw CheckpointError(path, .system(operation: operation, code: errno))
  }

  package func makeDirectory(_ path: String) throws(CheckpointError) {
    try check(mkdir(path, 0o777), "make the folder", path, allowing: EEXIST)
  }

  package func create(_ path: String) throws(CheckpointError) -> Int32 {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o666)
    try check(descriptor, "create it", path)
    return descriptor
  }

  package func write(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String
  ) throws(CheckpointError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let part = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
      let written = Foundation.write(descriptor, part.baseAddress, part.count)
      if written < 0, errno == EINTR { continue }
      guard written > 0 else {
        throw CheckpointError(
          path, .system(operation: "write it", code: written < 0 ? errno : EIO))
      }
      rest = rest.dropFirst(written)
    }
  }

  package func sync(_ descriptor: Int32, path: String) throws(CheckpointError) {
    try check(fsync(descriptor), "sync it to disk", path)
  }

  package func close(_ descriptor: Int32, path: String) throws(CheckpointError) {
    try check(Foundation.close(descriptor), "close it", path)
  }

  package func syncDirectory(_ path: String) throws(CheckpointError) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    try check(descriptor, "open the folder", path)
    defer { _ = Foundation.close(descriptor) }
    // Some network file systems cannot sync a folder and report EINVAL.
    try check(fsync(descriptor), "sync the folder to disk", path, allowing: EINVAL)
  }

  package func rename(_ path: String, to target: String) throws(CheckpointError) {
    try check(Foundation.rename(path, target), "rename it to \(target)", path)
  }

  package func symbolicLink(to target: String, at path: String) throws(CheckpointError) {
    try check(symlink(target, path), "link it to \(target)", path)
  }

  package func remove(_ path: String) throws(CheckpointError) {
    try check(Foundation.remove(path), "remove it", path, allowing: ENOENT)
  }

  package func list(_ path: String) throws(CheckpointError) -> [String] {
    do throws(SystemError) {
      return try FolderListing.names(in: path)
    } catch {
      throw CheckpointError(path, .system(operation: "list the folder", code: error.code))
    }
  }
}
