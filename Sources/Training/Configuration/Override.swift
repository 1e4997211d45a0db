import RunFile

/// One `--set key.path=value`.
struct Override {
  /// As in `data.0.weight`.
  let path: [String]
  private let value: ConfigurationNode
  private let place: String
  /// Keys whose mapping is written as the name of its `preset` too.
  private static let named = ["model", "objective"]

  init(_ argument: String) throws(ConfigurationError) {
    place = "--set \(argument)"
    guard let equals = argument.firstIndex(of: "=") else {
      throw ConfigurationError(place, "", .syntax("has no '='; write --set key.path=value"))
    }
    path = argument[..<equals].split(separator: ".", omittingEmptySubsequences: false)
      .map(String.init)
    guard path.allSatisfy({ !$0.isEmpty }), path.count <= 16 else {
      throw ConfigurationError(place, "", .syntax("has no key path before '='"))
    }
    value = try ConfigurationYAML.read(
      String(argument[argument.index(after: equals)...]), place: place, lines: false)
  }

  /// Puts the value into the tree; of `steps`, `epochs` and `samples` the other two are removed.
  func apply(to root: inout ConfigurationNode) throws(ConfigurationError) {
    let lengths = RunConfiguration.Length.names
    if path.count == 1, lengths.contains(path[0]), case .map(let members) = root.value {
      root.value = .map(members.filter { !lengths.contains($0.key) || $0.key == path[0] })
    }
    try put(at: 0, into: &root)
  }

  private func put(
    at depth: Int, into node: inout ConfigurationNode
  ) throws(ConfigurationError) {
    guard depth < path.count else {
      node = value
      return
    }
    switch node.value {
    case .map(var members):
      let index = members.firstIndex { $0.key == path[depth] }
      var child = index.map { members[$0].node } ?? ConfigurationNode(.null, place: place)
      try put(at: depth + 1, into: &child)
      if let index {
        members[index].node = child
      } else {
        members.append((path[depth], child))
      }
      node.value = .map(members)
    case .list(var items):
      guard let index = Int(path[depth]), items.indices.contains(index) else {
        throw error(depth, "the list has \(items.count) entries, counted from 0")
      }
      try put(at: depth + 1, into: &items[index])
      node.value = .list(items)
    case .null:
      node = ConfigurationNode(.map([]), place: place)
      try put(at: depth, into: &node)
    case .text(let preset) where depth == 1 && Self.named.contains(path[0]):
      let base = ConfigurationNode(.text(preset), place: node.place)
      node = ConfigurationNode(.map([("preset", base)]), place: place)
      try put(at: depth, into: &node)
    default: throw error(depth, "\(node.shown) holds no keys")
    }
  }

  private func error(_ depth: Int, _ what: String) -> ConfigurationError {
    ConfigurationError(
      place, path[...depth].joined(separator: "."), .syntax("cannot be set: \(what)"))
  }
}
