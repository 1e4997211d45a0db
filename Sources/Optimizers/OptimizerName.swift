/// The name of one of the optimizers.
public struct OptimizerName: RawRepresentable, CaseIterable, Hashable, Sendable, Codable {
  /// The only list of optimizers.
  private static let types: [any Optimizer.Type] = [Adafactor.self, AdamW.self]

  public static let allCases = types.map { OptimizerName($0) }

  /// The name in run files.
  public let rawValue: String

  public init(_ type: any Optimizer.Type) { rawValue = type.name }

  public init?(rawValue: String) {
    guard Self.types.contains(where: { $0.name == rawValue }) else { return nil }
    self.rawValue = rawValue
  }

  public var type: any Optimizer.Type {
    guard let type = Self.types.first(where: { $0.name == rawValue }) else {
      preconditionFailure("\(rawValue) is not in the list")
    }
    return type
  }
}
