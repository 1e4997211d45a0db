/// One of the optimizers there are.
public struct OptimizerName: RawRepresentable, CaseIterable, Hashable, Sendable, Codable {
  /// The one list of them.
  private static let types: [any Optimizer.Type] = [Adafactor.self, AdamW.self]

  public static let allCases = types.map { OptimizerName($0) }

  /// As run files have it.
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
