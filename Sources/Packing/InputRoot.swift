import Foundation

/// The folder that an input's paths are relative to, and must stay inside.
///
/// Paths are compared as they are written; where links lead is looked at when a file is open.
struct InputRoot: Sendable {
  private let parts: [Substring]

  init(_ folder: URL) { parts = Self.normal(folder.standardizedFileURL.path) ?? [] }

  var path: String { "/" + parts.joined(separator: "/") }

  /// - Returns: the path below the root, without `.` and `..`, and the full path.
  func resolve(_ path: String) throws(PackingError.Reason) -> (relative: String, file: String) {
    guard !path.isEmpty else { throw .row("an empty path") }
    guard !path.utf8.contains(0) else { throw .row("a path with a zero byte") }
    guard var below = Self.normal(path) else { throw .climbs(path) }
    if path.hasPrefix("/") {
      guard below.starts(with: parts), below.count > parts.count else {
        throw .outside(path, root: self.path)
      }
      below.removeFirst(parts.count)
    }
    guard !below.isEmpty else { throw .row("\(path) is a folder") }
    let relative = below.joined(separator: "/")
    return (relative, parts.isEmpty ? "/" + relative : self.path + "/" + relative)
  }

  /// The parts with `.` and `..` resolved; nil if they go up beyond the root.
  private static func normal(_ path: String) -> [Substring]? {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part != ".." {
        parts.append(part)
      } else if parts.popLast() == nil {
        return nil
      }
    }
    return parts
  }
}
