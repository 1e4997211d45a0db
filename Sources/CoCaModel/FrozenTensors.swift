/// Tensors that a run does not train, by prefixes of their names.
public struct FrozenTensors: Sendable, Equatable {
  public static let none = FrozenTensors([])

  public let prefixes: [String]

  /// - Parameter prefixes: whole parts of names: `imageEncoder.layers.1` is not a prefix of
  ///   `imageEncoder.layers.10`.
  public init(_ prefixes: [String]) { self.prefixes = prefixes }

  /// Whether a tensor is frozen, or every tensor of a part such as `imageEncoder.layers.1`.
  public func contains(_ name: String) -> Bool { prefixes.contains { Self.begins(name, $0) } }

  /// The first prefix that none of the names begins with.
  public func unused(among names: [String]) -> String? {
    prefixes.first { prefix in !names.contains { Self.begins($0, prefix) } }
  }

  private static func begins(_ name: String, _ prefix: String) -> Bool {
    name == prefix || name.hasPrefix(prefix + ".")
  }
}
