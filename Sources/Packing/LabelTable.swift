import Foundation

/// The names of labels and the labels above them, as the text in `labels`: `animal > bird >
/// wren|Troglodytes` for a wren.
struct LabelTable: Sendable {
  /// The most levels above a label.
  private static let levels = 64

  var names: LabelNames?
  /// From a label to the more general one above it.
  var parents: LabelNames?

  /// A label's names, after the names of all labels above it, the most general first.
  func text(_ label: String) -> String {
    var path = [label]
    while path.count < Self.levels, let parent = parents?[path[0]], !path.contains(parent) {
      path.insert(parent, at: 0)
    }
    return path.map { names?[$0] ?? $0 }.joined(separator: " > ")
  }
}
