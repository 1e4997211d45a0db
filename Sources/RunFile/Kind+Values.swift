import Foundation

extension Kind where Value == Int {
  /// A whole number, also if it is written as 2.0 or 13e9.
  public static var whole: Kind {
    Kind("a whole number", parse: { $0.node.whole }, write: { .integer($0) })
  }

  public static func whole(_ range: ClosedRange<Int>) -> Kind {
    Kind(
      "a whole number from \(range.lowerBound) to \(range.upperBound)",
      type: range.upperBound >= 1 << 53 ? "whole number of at least \(range.lowerBound)" : nil,
      parse: { $0.node.whole.flatMap { range.contains($0) ? $0 : nil } }, write: { .integer($0) })
  }
}

extension Kind where Value == Double {
  public static var number: Kind { number("a number") { _ in true } }

  public static func number(_ range: ClosedRange<Double>) -> Kind {
    number("a number from \(range.lowerBound.short) to \(range.upperBound.short)") {
      range.contains($0)
    }
  }

  public static func number(above bound: Double, upTo limit: Double) -> Kind {
    number("a number above \(bound.short), up to \(limit.short)") { bound < $0 && $0 <= limit }
  }

  public static func number(
    _ expected: String, where isFine: @escaping @Sendable (Double) -> Bool
  ) -> Kind {
    Kind(
      expected, parse: { $0.node.number.flatMap { isFine($0) ? $0 : nil } },
      write: { .number($0) })
  }
}

extension Kind where Value == Bool {
  public static var flag: Kind {
    Kind(
      "true or false",
      parse: { reading in
        guard case .bool(let value) = reading.node.value else { return nil }
        return value
      }, write: { .bool($0) })
  }
}

extension Kind where Value: RawRepresentable<String> & CaseIterable {
  /// One of the type's words.
  public static var choice: Kind {
    let words = Value.allCases.map(\.rawValue)
    return Kind(
      "one of: " + words.joined(separator: ", "),
      type: words.map { "`\($0)`" }.joined(separator: ", "),
      parse: { $0.node.text.flatMap { Value(rawValue: $0) } }, write: { .text($0.rawValue) })
  }
}

extension Kind where Value == String {
  /// A text that is not empty, also if it looks like a whole number.
  public static var text: Kind {
    Kind("a text that is not empty", type: "text", parse: \.words, write: { .text($0) })
  }

  /// A path, made absolute.
  public static var path: Kind {
    Kind(
      "a text that is not empty", type: "path",
      parse: { reading in reading.words.map(reading.absolute) }, write: { .text($0) })
  }
}

extension Kind where Value == [String] {
  /// A text, or a list of texts that may be empty.
  public static var texts: Kind {
    Kind(
      "a text or a list of texts",
      parse: { $0.node.items?.isEmpty == true ? [] : $0.texts },
      write: { .list($0.map { ConfigurationNode(.text($0)) }) })
  }

  /// One or more paths, made absolute.
  public static var folders: Kind {
    Kind(
      "a folder or a list of folders", parse: { reading in reading.texts?.map(reading.absolute) },
      write: { .list($0.map { ConfigurationNode(.text($0)) }) })
  }
}

extension Reading {
  /// A text, or a whole number as text.
  public var words: String? {
    if case .integer(let number) = node.value { String(number) } else { node.text }
  }

  /// One text or a list of them, none of them empty.
  public var texts: [String]? {
    if let text = node.text { return [text] }
    let texts = node.items?.compactMap(\.text) ?? []
    return texts.isEmpty || texts.count != node.items?.count ? nil : texts
  }
}

extension Double {
  /// The number as people write it: 1, 0.5, 1e9, 1e-8.
  public var short: String {
    if self == rounded(), abs(self) < 1e6 { return String(Int(self)) }
    let power = self > 0 ? "1e\(Int(log10(self).rounded()))" : ""
    let isPlain = (1e-3..<1e6).contains(abs(self))
    return !isPlain && Double(power) == self ? power : description
  }
}
