import Foundation

/// A value of a run file while it is read, with its path and the folder of relative paths.
public struct Reading: Sendable {
  public let node: ConfigurationNode
  /// Such as `data.0.weight`; empty for the whole file.
  public let path: String
  /// The folder that relative paths start from; nil: they stay as they are.
  let folder: URL?
  let book: KeyBook

  /// The whole of a file.
  public init(_ root: ConfigurationNode, folder: URL?, book: KeyBook, path: String = "") {
    (node, self.path, self.folder, self.book) = (root, path, folder, book)
  }

  /// A part of the value.
  public func part(_ name: String, _ node: ConfigurationNode) -> Reading {
    Reading(
      node, folder: folder, book: book, path: path.isEmpty ? name : "\(path).\(name)")
  }

  public func error(_ reason: ConfigurationError.Reason) -> ConfigurationError {
    ConfigurationError(node.place, path, reason)
  }

  public func unexpected(_ expected: String) -> ConfigurationError {
    error(.unexpected(found: node.shown, expected: expected))
  }

  public func absolute(_ path: String) -> String {
    if path.hasPrefix("/") { return URL(fileURLWithPath: path).standardizedFileURL.path }
    guard let folder else { return path }
    return folder.appendingPathComponent(path).standardizedFileURL.path
  }
}
