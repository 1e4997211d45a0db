import Foundation

/// Small files, read whole with a limit.
enum FileBytes {
  static func read(_ file: URL, limit: Int) throws(TextError) -> Data {
    var isFolder: ObjCBool = false
    _ = FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder)
    if isFolder.boolValue { throw TextError(file.path, .unreadable("it is a folder")) }
    do {
      let handle = try FileHandle(forReadingFrom: file)
      defer { try? handle.close() }
      let bytes = try handle.read(upToCount: limit + 1) ?? Data()
      if bytes.count <= limit { return bytes }
    } catch {
      throw TextError(file.path, .unreadable(error.localizedDescription))
    }
    throw TextError(file.path, .tooLarge(bytes: limit + 1, limit: limit))
  }
}
