/// All keys of a run file.
public struct KeyBook: Sendable {
  public let entries: [KeyEntry]
  /// What to do in place of other programs' keys.
  let foreign: [String: String]
  /// Sections with tables and suggestions of their own.
  private let apart: [String]

  /// - Parameters:
  ///   - foreign: what to do in place of other programs' keys, by their names in lower case with
  ///     underscores.
  ///   - apart: sections with tables and suggestions of their own.
  public init<Root: Section>(
    _ root: Root.Type, foreign: [String: String] = [:], apart: [String] = []
  ) {
    entries = root.keys.map(\.entry)
    (self.foreign, self.apart) = (foreign, apart)
  }

  /// Every key with its path, such as `validation.sets.limit`.
  public var all: [(path: String, entry: KeyEntry)] { entries.flatMap { $0.all() } }

  /// A key and all keys below it that tables list; keys of sections that stand apart are not.
  func listed(_ entry: KeyEntry) -> [(path: String, entry: KeyEntry)] {
    entry.all().filter { path, _ in !apart.contains { path.hasPrefix("\($0).") } }
  }

  /// The entries on the path to a key, as far as they are known; positions in lists are skipped.
  func way(to path: String) -> [KeyEntry] {
    var way: [KeyEntry] = []
    for name in KeyBook.names(path) {
      let here = way.last?.members ?? entries
      guard let next = here.first(where: { $0.name == name }) else { break }
      way.append(next)
    }
    return way
  }

  /// - Returns: nil for a path that no key has.
  public func entry(_ path: String) -> KeyEntry? {
    let way = way(to: path)
    return way.count == KeyBook.names(path).count ? way.last : nil
  }

  /// The names in `data.0.weight`, without the position in a list.
  static func names(_ path: String) -> [Substring] {
    path.split(separator: ".").filter { Int($0) == nil }
  }
}
