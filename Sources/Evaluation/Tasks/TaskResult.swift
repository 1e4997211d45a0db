import Foundation

/// A task's result: numbers about a set or, for captions, a line for each picture.
///
/// Encoded, it is what validation logs.
public protocol TaskResult: Encodable, Sendable {
  /// The numbers to plot over the steps; none where a result is lines.
  var figures: [Figure] { get }
  /// One line for the terminal.
  var summary: String { get }
  /// The whole result as lines for people.
  var text: String { get }
  /// What `--format jsonl` writes, one object a line.
  var objects: [any Encodable] { get }
  /// What `--format coco` writes, as one list.
  var cocoResults: [any Encodable] { get throws }
}

extension TaskResult {
  public var objects: [any Encodable] { [self] }
  public var cocoResults: [any Encodable] { [] }
}

/// How a result is written.
public enum ResultFormat: String, CaseIterable, Sendable {
  /// For people.
  case text
  /// An object of JSON a line.
  case jsonl
  /// One list of JSON, as COCO's evaluation reads it.
  case coco
}

/// One number of a result.
public struct Figure: Sendable, Equatable {
  /// Its path in the result's JSON: `image_to_text/r1`.
  public let name: String
  public let value: Double
  /// The unit, such as `fraction` or `nats`.
  public let unit: String

  public init(_ name: String, _ value: Double, unit: String) {
    (self.name, self.value, self.unit) = (name, value, unit)
  }
}

/// Rows with a name each, and columns of equal width, for people.
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
