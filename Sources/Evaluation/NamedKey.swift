/// A key of JSON whose name is known at run time only.
public struct NamedKey: CodingKey, ExpressibleByStringLiteral {
  public let stringValue: String
  public var intValue: Int? { nil }

  public init(_ name: String) { stringValue = name }
  public init(stringLiteral name: String) { self.init(name) }
  public init?(stringValue: String) { self.init(stringValue) }
  public init?(intValue: Int) { nil }
}
