import Glibc

/// A part of a random stream's name.
public enum KeyPart: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, Sendable {
  case text(String)
  case number(UInt64)

  public init(stringLiteral value: String) { self = .text(value) }
  public init(integerLiteral value: UInt64) { self = .number(value) }
  public init(_ value: Int) { self = .number(UInt64(bitPattern: Int64(value))) }
}

/// Random numbers without state: every draw is a function of a key and an index. So it does not
/// matter who draws, in which order, or whether a run was interrupted.
///
/// Philox2x64-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC11).
public struct CounterRandom: Sendable {
  private let key: UInt64
  private let stream: UInt64

  /// The stream named by `parts` under a run's seed.
  public init(seed: UInt64, _ parts: KeyPart...) {
    var key = seed, stream: UInt64 = 0
    for part in parts {
      let word: UInt64
      switch part {
      case .number(let number): word = number
      case .text(let text): word = Self.fnv1a(text)
      }
      (key, stream) = Self.philox(word, stream, key: key &+ 1)
    }
    self.key = key
    self.stream = stream
  }

  /// 64 random bits.
  public func bits(_ index: UInt64) -> UInt64 { Self.philox(index, stream, key: key).0 }

  /// Uniform in `0 ..< 1`.
  public func uniform(_ index: UInt64) -> Double { Double(bits(index) >> 11) * 0x1p-53 }

  /// Uniform in `0 ..< bound`.
  public func below(_ bound: Int, at index: UInt64) -> Int {
    precondition(bound > 0, "an empty range has no member")
    return Int(bits(index).multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// Standard normal (Box-Muller).
  public func normal(_ index: UInt64) -> Double {
    let (a, b) = Self.philox(index, stream, key: key)
    let radius = (-2 * log((Double(a >> 11) + 1) * 0x1p-53)).squareRoot()
    return radius * cos(2 * .pi * Double(b >> 11) * 0x1p-53)
  }

  /// A shuffled copy; draws `count - 1` numbers from index 0 on (Fisher-Yates).
  public func shuffled<Element>(_ elements: [Element]) -> [Element] {
    var result = elements
    for last in stride(from: result.count - 1, to: 0, by: -1) {
      result.swapAt(last, below(last + 1, at: UInt64(last)))
    }
    return result
  }

  package static func philox(_ x: UInt64, _ y: UInt64, key: UInt64) -> (UInt64, UInt64) {
    var (x, y, key) = (x, y, key)
    for _ in 0..<10 {
      let product = x.multipliedFullWidth(by: 0xD2B7_4407_B1CE_6E93)
      (x, y) = (product.high ^ key ^ y, product.low)
      key &+= 0x9E37_79B9_7F4A_7C15
    }
    return (x, y)
  }

  private static func fnv1a(_ text: String) -> UInt64 {
    text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
  }
}
