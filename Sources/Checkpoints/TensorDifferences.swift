/// How the tensors of a file differ from those of a model.
public struct TensorDifferences: Sendable, Equatable {
  public struct Misshapen: Sendable, Equatable {
    public let name: String
    public let expected: [Int]
    public let found: [Int]
  }

  /// Names in the model's order.
  public private(set) var missing: [String] = []
  /// Names in alphabetical order.
  public private(set) var extra: [String] = []
  public private(set) var misshapen: [Misshapen] = []

  /// - Parameter expected: the model's tensors.
  public init(of found: [TensorEntry], from expected: [(name: String, shape: [Int])]) {
    var shapes: [String: [Int]] = [:]
    for entry in found { shapes[entry.name] = entry.shape }
    for (name, shape) in expected {
      guard let other = shapes.removeValue(forKey: name) else {
        missing.append(name)
        continue
      }
      if other != shape { misshapen.append(Misshapen(name: name, expected: shape, found: other)) }
    }
    extra = shapes.keys.sorted()
  }

  public var isEmpty: Bool { missing.isEmpty && extra.isEmpty && misshapen.isEmpty }

  /// The differences in one sentence, with a few names of each kind.
  var text: String {
    let shapes = misshapen.map { "\($0.name) \($0.found) instead of \($0.expected)" }
    let parts = [
      part("lacks", missing), part("holds what the model does not have:", extra),
      part("holds in another shape", shapes),
    ]
    return parts.filter { !$0.isEmpty }.joined(separator: "; ")
  }

  private func part(_ verb: String, _ names: [String]) -> String {
    let shown = 6
    let rest = names.count > shown ? ", and \(names.count - shown) more" : ""
    return names.isEmpty ? "" : "\(verb) \(names.prefix(shown).joined(separator: ", "))\(rest)"
  }
}
