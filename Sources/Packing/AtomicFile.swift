import Foundation
import Records

/// Writes small files completely or not at all.
public enum AtomicFile {
  /// Makes the folder of `file` and checks that it can be written to, before long work begins.
  /// - Throws: `PackingError` with reason `unwritable`.
  public static func prepare(_ file: URL) throws(PackingError) {
    if file.isFolder { throw PackingError(file.path, .unwritable("it is a folder")) }
    let folder = file.deletingLastPathComponent()
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw PackingError(file.path, .unwritable(error.localizedDescription))
    }
    guard access(folder.path, W_OK) == 0 else {
      throw PackingError(file.path, .unwritable(String(cString: strerror(errno))))
    }
  }

  /// Writes under a temporary name beside `file`, syncs and renames; replaces what was there.
  /// - Throws: `PackingError` with reason `unwritable`.
  public static func write(_ bytes: Data, to file: URL) throws(PackingError) {
    let folder = file.deletingLastPathComponent()
    let temporary = folder.appendingPathComponent(".\(file.lastPathComponent).\(getpid()).partial")
    try prepare(file)
    do {
      try Data().write(to: temporary)
      let handle = try FileHandle(forWritingTo: temporary)
      try handle.write(contentsOf: bytes)
      try handle.synchronize()
      try handle.close()
    } catch {
      unlink(temporary.path)
      throw PackingError(file.path, .unwritable(error.localizedDescription))
    }
    guard rename(temporary.path, file.path) == 0 else {
      let why = String(cString: strerror(errno))
      unlink(temporary.path)
      throw PackingError(file.path, .unwritable(why))
    }
  }
}
