import Foundation
import Logging

/// What rank 0 prints for the person at the terminal; the other ranks print nothing.
final class Console {
  private let isSpeaking: Bool
  private let printsJSON: Bool
  private let logger: Logger
  private var told: Set<String> = []
  private static let warningLimit = 200

  init(isSpeaking: Bool, printsJSON: Bool) {
    self.isSpeaking = isSpeaking
    self.printsJSON = printsJSON
    var logger = Logger(label: "coca-train") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = isSpeaking ? .info : .critical
    self.logger = logger
  }

  /// Prints a warning once, however often it is given; of very many warnings only the first ones.
  func warn(_ text: String) {
    guard told.count <= Self.warningLimit, told.insert(text).inserted else { return }
    let isLast = told.count > Self.warningLimit
    logger.warning("\(isLast ? "further warnings are not shown" : text)")
  }

  func note(_ text: String) { logger.info("\(text)") }

  /// Prints `text` for people, or `value` as a line of JSON.
  /// - Throws: `OutputError` where standard output takes no more.
  func say(
    _ text: @autoclosure () -> String, json value: @autoclosure () -> some Encodable
  ) throws {
    guard isSpeaking else { return }
    if printsJSON {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      try StandardOutput.print(String(decoding: encoder.encode(value()), as: UTF8.self))
    } else {
      try StandardOutput.print(text())
    }
  }
}

extension Int {
  /// "1,234,567".
  public var grouped: String {
    var digits = String(magnitude)
    var groups: [String] = []
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return (self < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
  }

  /// "1 rank" or "2 ranks": the number with its noun.
  func of(_ noun: String) -> String { "\(grouped) \(noun)\(self == 1 ? "" : "s")" }
}

extension Double {
  /// With `places` decimals.
  func fixed(_ places: Int) -> String { String(format: "%.\(places)f", self) }

  /// A count with its unit's prefix: "86.0 M", "1.2 T".
  var scaled: String {
    let prefixes = ["", " k", " M", " G", " T", " P", " E"]
    var value = self, index = 0
    while abs(value) >= 1000, index < prefixes.count - 1 {
      value /= 1000
      index += 1
    }
    return (index == 0 ? value.fixed(0) : value.fixed(value < 10 ? 2 : 1)) + prefixes[index]
  }

  /// A number of things: "86.0 M", "2.21 B".
  var counted: String { scaled.replacing(" G", with: " B") }

  /// Seconds as "2h 05m", "3m 20s" or "12s".
  var asDuration: String {
    let seconds = Int(min(self.rounded(), 1e15))
    if seconds >= 3600 {
      return "\(seconds / 3600)h \(String(format: "%02d", seconds % 3600 / 60))m"
    }
    return seconds >= 60
      ? "\(seconds / 60)m \(String(format: "%02d", seconds % 60))s" : "\(seconds)s"
  }
}
