import Collectives
import Foundation
import Records

/// A file to write. One that cannot be written is reported before the work, not after it.
struct Target {
  let file: URL

  init(_ path: String) throws {
    file = URL(fileURLWithPath: path)
    if path.isEmpty { throw Failure("--to is empty. Name a file", exitCode: ExitCode.usage) }
    if file.isFolder {
      throw Failure("\(path): is a folder. Name a file", exitCode: ExitCode.usage)
    }
    let folder = file.deletingLastPathComponent()
    guard folder.isFolder else {
      throw Failure(
        "\(path): there is no folder \(folder.path). Make it first", exitCode: ExitCode.usage)
    }
  }

  /// Writes the whole text or nothing.
  func write(_ text: String) throws {
    do {
      try Data(text.utf8).write(to: file, options: .atomic)
    } catch {
      throw Failure(
        "\(file.path): cannot be written. Check the disk, then run again", exitCode: ExitCode.io)
    }
  }
}
