import Foundation

/// What a task found: figures of a set or, as captions, a line for each picture.
///
/// Encoded it is what a validation logs.
public protocol TaskResult: Encodable, Sendable {
  /// What a plot over steps shows; none where a result is lines.
  var figures: [Figure] { get }
  /// One line for a console.
  var summary: String { get }
  /// Whole lines for people.
  var text: String { get }
  /// What `--json` prints, an object a line.
  var objects: [any Encodable] { get }
}

extension TaskResult {
  public var objects: [any Encodable] { [self] }
}

/// One number of a result.
public struct Figure: Sendable, Equatable {
  /// The way to it in the result's JSON: `image_to_text/r1`.
  public let name: String
  public let value: Double
  /// Of 1: `fraction`, `nats`, …
  public let unit: String

  public init(_ name: String, _ value: Double, unit: String) {
    (self.name, self.value, self.unit) = (name, value, unit)
  }
}

/// Rows of a name and columns of equal width, for people.
public struct TextTable {
  public let text: String

  public init(_ rows: [(String, [String])]) {
    let name = rows.map(\.0.count).max() ?? 0
    text = rows.map { title, columns in
      let cells = columns.map { Self.padding(10 - $0.count) + $0 }
      return title + Self.padding(name - title.count) + cells.joined() + "\n"
    }.joined()
  }

  private static func padding(_ count: Int) -> String {
    String(repeating: " ", count: max(0, count))
  }
}

extension Double {
  /// 0.0336 as 3.36%.
  var percent: String { String(format: "%.2f%%", 100 * self) }
}
