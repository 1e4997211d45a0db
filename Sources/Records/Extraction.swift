import Foundation

/// Writes samples as files `KEY.suffix` into a folder, and nowhere else: links in a path are not
/// followed, and existing files are not replaced.
public struct Extraction: ~Copyable {
  private let folder: String
  private let root: Int32

  /// Opens the folder; makes it if it does not exist.
  public init(folder url: URL) throws(RecordError) {
    folder = url.path
    try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    root = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard root >= 0 else { throw OpenFile.failure("open", folder) }
  }

  deinit {
    if root >= 0 { close(root) }
  }

  /// - Throws: `RecordError` for a key that no shard may have, for a file that exists already, and
  ///   where the system refuses.
  public func write(_ sample: Sample) throws(RecordError) {
    do throws(RecordError.Reason) {
      try sample.check()
      var parts = sample.key.utf8.split(separator: UInt8(ascii: "/")).map { String($0) ?? "" }
      let last = parts.removeLast()
      let directory = try enter(parts)
      defer { close(directory) }
      for field in sample.fields {
        try Self.write(field.bytes, to: "\(last).\(field.suffix)", in: directory)
      }
    } catch {
      throw RecordError(file: folder, key: sample.key, reason: error)
    }
  }

  /// Makes and opens the folders of a key, each inside the one before.
  private func enter(_ parts: [String]) throws(RecordError.Reason) -> Int32 {
    var current = fcntl(root, F_DUPFD_CLOEXEC, 0)
    for part in parts where current >= 0 {
      let parent = current
      defer { close(parent) }
      mkdirat(parent, part, 0o755)
      current = openat(parent, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    }
    guard current >= 0 else { throw .io(operation: "enter the key's folder", code: errno) }
    return current
  }

  private static func write(
    _ bytes: [UInt8], to name: String, in directory: Int32
  ) throws(RecordError.Reason) {
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    let descriptor = openat(directory, name, flags, 0o644)
    guard descriptor >= 0 else {
      throw errno == EEXIST ? .exists(name) : .io(operation: "create \(name)", code: errno)
    }
    let file = OpenFile(taking: descriptor, path: name)
    do throws(RecordError) {
      try file.write(bytes)
    } catch {
      unlinkat(directory, name, 0)
      throw error.reason
    }
  }
}
