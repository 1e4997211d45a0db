extension KeyBook {
  /// What to write in place of an unknown key: the same key in its right spelling, what replaces
  /// another program's key, the nearest key of any section, or one of the section's keys.
  public func suggestion(for path: String) -> String {
    let names = KeyBook.names(path)
    let section = names.dropLast().joined(separator: ".")
    let known = names.dropLast().reduce(entries) { entries, name in
      entries.first { $0.name == name }?.members ?? []
    }.map(\.name)
    let name = KeyBook.normal(names.last ?? "")
    if known.contains(name) { return "Write \(name)" }
    if let instead = foreign[name] { return instead }
    if let near = nearest(to: name, in: section) { return "Did you mean \(near)?" }
    return "Known here: " + known.joined(separator: ", ")
  }

  /// Keys of other sections are given with their path; a key of the same section counts as nearer.
  private func nearest(to name: String, in section: String) -> String? {
    var best: (distance: Int, path: String)?
    for (path, entry) in searched {
      let isElsewhere = path != (section.isEmpty ? entry.name : "\(section).\(entry.name)")
      let distance = editDistance(name, entry.name) * 2 + (isElsewhere ? 1 : 0)
      if distance < best?.distance ?? .max {
        best = (distance, isElsewhere ? path : entry.name)
      }
    }
    guard let best, best.distance / 2 <= max(1, name.count / 3) else { return nil }
    return best.path
  }

  /// All keys, section by section, in alphabetic order.
  private var searched: [(path: String, entry: KeyEntry)] {
    let sections = Dictionary(grouping: entries.flatMap(listed)) { path, entry in
      path.dropLast(entry.name.count)
    }
    return sections.sorted { $0.key < $1.key }.flatMap(\.value)
  }

  private static func normal(_ key: Substring) -> String {
    let name = key.lowercased().replacing("-", with: "_")
    return String(name.drop { $0 == "_" })
  }
}

/// How many insertions, removals, replacements and swaps of neighbours turn one into the other.
func editDistance(_ left: String, _ right: String) -> Int {
  let a = Array(left.utf8.prefix(64))
  let b = Array(right.utf8.prefix(64))
  var table = [[Int]](repeating: Array(0...b.count), count: a.count + 1)
  for i in 0...a.count { table[i][0] = i }
  for i in 0..<a.count {
    for j in 0..<b.count {
      let replaced = table[i][j] + (a[i] == b[j] ? 0 : 1)
      var cost = min(replaced, table[i][j + 1] + 1, table[i + 1][j] + 1)
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
        cost = min(cost, table[i - 1][j - 1] + 1)
      }
      table[i + 1][j + 1] = cost
    }
  }
  return table[a.count][b.count]
}
