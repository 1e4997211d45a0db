import Foundation

/// A folder of one test, removed with the object.
public final class TestFolder: Sendable {
  public let url: URL

  public init(in parent: URL = FileManager.default.temporaryDirectory) throws {
    url = parent.appendingPathComponent("coca-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  public func file(_ name: String) -> URL { url.appendingPathComponent(name) }

  public func path(_ name: String) -> String { file(name).path }

  public func exists(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: path(name))
  }

  public func data(_ name: String) throws -> Data { try Data(contentsOf: file(name)) }

  public func bytes(_ name: String) throws -> [UInt8] { [UInt8](try data(name)) }

  public func text(_ name: String) throws -> String {
    String(decoding: try data(name), as: UTF8.self)
  }

  /// Writes a file, and makes the folders that it stands in.
  @discardableResult
  public func write(_ bytes: [UInt8], to name: String) throws -> URL {
    let file = file(name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
    return file
  }

  @discardableResult
  public func write(_ text: String, to name: String) throws -> URL {
    try write(Array(text.utf8), to: name)
  }

  /// Replaces one byte of a file that is there.
  public func patch(_ name: String, at offset: Int, to byte: UInt8) throws {
    let handle = try FileHandle(forUpdating: file(name))
    defer { try? handle.close() }
    try handle.seek(toOffset: UInt64(offset))
    try handle.write(contentsOf: [byte])
  }

  /// The names in a folder, hidden ones too, sorted.
  public func names(in folder: String = "") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path(folder)).sorted()
  }

  /// Every file below a folder, by its relative path, sorted.
  public func files(below folder: String = "") throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: path(folder)).sorted()
  }
}
