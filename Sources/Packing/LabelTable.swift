import Foundation

/// What labels are called and what they belong to, as their text in `labels`: `animal > bird >
/// wren|Troglodytes` for a wren.
struct LabelTable: Sendable {
  /// Ids may go up so many levels.
  private static let levels = 64

  var names: LabelNames?
  /// From a label to the more general one.
  var parents: LabelNames?

  /// A label's own name or names, and before it those of all it belongs to, the most general first.
  func text(_ label: String) -> String {
    var path = [label]
    while path.count < Self.levels, let parent = parents?[path[0]], !path.contains(parent) {
      path.insert(parent, at: 0)
    }
    return path.map { names?[$0] ?? $0 }.joined(separator: " > ")
  }
}
