import Foundation

/// A folder of one test, removed with the object.
public final class TestFolder: Sendable {
  public let url: URL

  public init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("coca-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  public func file(_ name: String) -> URL { url.appendingPathComponent(name) }

  public func exists(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: file(name).path)
  }

  public func data(_ name: String) throws -> Data { try Data(contentsOf: file(name)) }

  public func text(_ name: String) throws -> String {
    String(decoding: try data(name), as: UTF8.self)
  }

  public func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: file(name))
  }

  /// Every file below the folder, by its relative path, sorted.
  public func files(below name: String = "") throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: file(name).path).sorted()
  }
}
