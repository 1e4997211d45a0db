/// A size in bytes as people write it: `256MiB`, `1GB`, `4096`.
public struct ByteSize: Sendable, Equatable, CustomStringConvertible {
  public let bytes: Int

  public static func mebibytes(_ count: Int) -> ByteSize { ByteSize(bytes: count << 20) }

  private init(bytes: Int) { self.bytes = bytes }

  /// - Returns: nil for a text that is not a size from 1 byte to 1 EiB.
  public init?(_ text: String) {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let unit = text.dropFirst(digits.count).drop { $0 == " " }.lowercased()
    guard let number = Int(digits), number > 0, let factor = Self.factors[unit] else { return nil }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: factor)
    guard !overflow, bytes <= 1 << 60 else { return nil }
    self.bytes = bytes
  }

  /// In the largest binary unit that gives a whole number.
  public var description: String {
    let unit = [(1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
      .first { bytes % $0.0 == 0 }
    return unit.map { "\(bytes / $0.0)\($0.1)" } ?? "\(bytes)"
  }

  private static let factors = [
    "": 1, "b": 1, "kb": 1000, "mb": 1_000_000, "gb": 1_000_000_000, "tb": 1_000_000_000_000,
    "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40,
    "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
  ]
}
