import Foundation
import Records
import RunFile
import Yams

/// Reads and writes YAML as `ConfigurationNode`, with limits on what is read.
enum ConfigurationYAML {
  static let byteLimit = 1 << 20
  private static let depthLimit = 32
  private static let nodeLimit = 20_000

  /// The contents of a file that may be YAML or JSON; every JSON file is YAML too.
  static func text(of file: URL) throws(ConfigurationError) -> String {
    guard let handle = FileHandle(forReadingAtPath: file.path),
      let bytes = try? handle.read(upToCount: byteLimit + 1) ?? Data()
    else { throw ConfigurationError(file.path, "", obstacle(to: file)) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ConfigurationError(file.path, "", .syntax("is not UTF-8 text"))
    }
    return text
  }

  private static func obstacle(to file: URL) -> ConfigurationError.Reason {
    if file.isFolder { return .unreadable("it is a folder") }
    if access(file.path, R_OK) != 0 { return .unreadable(String(cString: strerror(errno))) }
    return .fault
  }

  /// - Parameters:
  ///   - place: the file's name, written before line numbers.
  ///   - lines: whether errors have line numbers; false for a `--set`.
  static func read(
    _ text: String, place: String, lines: Bool = true
  ) throws(ConfigurationError) -> ConfigurationNode {
    guard text.utf8.count <= byteLimit else {
      throw ConfigurationError(place, "", .syntax("is larger than \(byteLimit) bytes"))
    }
    let root: Node?
    do {
      root = try tree(text)
    } catch {
      throw syntaxError(error, place: place, lines: lines)
    }
    guard let root else { return ConfigurationNode(.null, place: place) }
    var budget = nodeLimit
    return try convert(root, place: place, lines: lines, depth: 0, budget: &budget)
  }

  /// Aliases are refused before the parser expands them: a few could stand for a tree of any size.
  /// With every `&` written as `*`, the first anchor becomes an undefined alias, and the parser
  /// stops there. In comments and quoted texts neither sign has a meaning.
  private static func tree(_ text: String) throws -> Node? {
    let (anchor, alias) = (UInt8(ascii: "&"), UInt8(ascii: "*"))
    // Editors on Windows write a byte order mark first; the parser would count it as a column.
    let isMarked = text.unicodeScalars.first == "\u{FEFF}"
    let text = isMarked ? String(text.unicodeScalars.dropFirst()) : text
    if text.utf8.contains(anchor) {
      let aliases = text.utf8.map { $0 == anchor ? alias : $0 }
      _ = try compose(yaml: String(decoding: aliases, as: UTF8.self))
    }
    return try compose(yaml: text)
  }

  private static func syntaxError(
    _ error: any Error, place: String, lines: Bool
  ) -> ConfigurationError {
    func problem(_ what: String, _ mark: Mark?) -> ConfigurationError {
      let place = mark.map { lines ? "\(place):\($0.line)" : place } ?? place
      return ConfigurationError(place, "", .syntax(what))
    }
    switch error as? YamlError {
    case .composer(_, "found undefined alias", let mark, _):
      return problem(
        "anchors (&name) and aliases (*name) are not read: quote such a text", mark)
    case .scanner(_, let text, let mark, _), .parser(_, let text, let mark, _),
      .composer(_, let text, let mark, _):
      return problem(text, mark)
    case .duplicatedKeysInMapping(let keys, let context):
      return problem("the same key twice: \(keys.joined(separator: ", "))", context.mark)
    case .reader(let text, _, _, _): return problem(text, nil)
    default: return problem("is not YAML", nil)
    }
  }

  private static func convert(
    _ node: Node, place file: String, lines: Bool, depth: Int, budget: inout Int
  ) throws(ConfigurationError) -> ConfigurationNode {
    let place = node.mark.map { lines ? "\(file):\($0.line)" : file } ?? file
    budget -= 1
    guard depth < depthLimit, budget > 0 else {
      throw ConfigurationError(place, "", .syntax("is nested too deeply or too long"))
    }
    switch node {
    case .scalar(let scalar):
      let value = scalar.style == .plain ? plain(scalar.string) : .text(scalar.string)
      return ConfigurationNode(value, place: place)
    case .sequence(let items):
      var list: [ConfigurationNode] = []
      for item in items {
        list.append(
          try convert(item, place: file, lines: lines, depth: depth + 1, budget: &budget))
      }
      return ConfigurationNode(.list(list), place: place)
    case .mapping(let members):
      var map: [(key: String, node: ConfigurationNode)] = []
      for (key, value) in members {
        guard case .scalar(let name) = key else {
          throw ConfigurationError(place, "", .syntax("a key is not text"))
        }
        guard !map.contains(where: { $0.key == name.string }) else {
          throw ConfigurationError(place, "", .syntax("the same key twice: \(name.string)"))
        }
        var node = try convert(value, place: file, lines: lines, depth: depth + 1, budget: &budget)
        if lines, let mark = key.mark { node.place = "\(file):\(mark.line)" }
        map.append((name.string, node))
      }
      return ConfigurationNode(.map(map), place: place)
    case .alias: throw ConfigurationError(place, "", .syntax("aliases (*name) are not read"))
    }
  }

  /// What an unquoted word means: YAML 1.2's core schema without octal, hexadecimal and NaN.
  static func plain(_ text: String) -> ConfigurationNode.Value {
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .bool(true)
    case "false", "False", "FALSE": return .bool(false)
    default: break
    }
    guard let first = text.utf8.first, "+-.0123456789".utf8.contains(first),
      text.utf8.allSatisfy({ "+-.eE0123456789".utf8.contains($0) })
    else { return .text(text) }
    if let value = Int(text) { return .integer(value) }
    if let value = Double(text), value.isFinite { return .number(value) }
    return .text(text)
  }

  /// The tree as a YAML document.
  static func text(_ node: ConfigurationNode) throws -> String {
    try serialize(node: yams(node), width: -1, allowUnicode: true)
  }

  private static func yams(_ node: ConfigurationNode) -> Node {
    switch node.value {
    case .null: .scalar(.init("null"))
    case .bool(let flag): .scalar(.init(String(flag)))
    case .integer(let number): .scalar(.init(String(number)))
    case .number(let number): .scalar(.init(String(number)))
    case .text(let text): scalar(text)
    case .list(let items):
      .sequence(.init(items.map(yams), .implicit, items.allSatisfy(\.isScalar) ? .flow : .block))
    case .map(let members):
      .mapping(
        .init(
          members.map { (scalar($0.key), yams($0.node)) }, .implicit,
          members.isEmpty ? .flow : .block))
    }
  }

  /// A word stands unquoted where no YAML reader takes it for something else.
  private static func scalar(_ text: String) -> Node {
    let words = ["y", "n", "yes", "no", "on", "off", "null", "true", "false"]
    let isWord = text.wholeMatch(of: /[A-Za-z\/][A-Za-z0-9_\-.\/]*/) != nil
    let isPlain = isWord && !words.contains(text.lowercased())
    return .scalar(.init(text, .implicit, isPlain ? .plain : .doubleQuoted))
  }
}

extension ConfigurationNode {
  fileprivate var isScalar: Bool {
    switch value {
    case .list, .map: false
    default: true
    }
  }
}
