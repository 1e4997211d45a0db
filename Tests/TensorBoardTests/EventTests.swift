import Foundation
import TensorBoard
import Testing

@Suite("An event")
struct EventTests {
  private static let time = 1_700_000_000.25

  /// Beside the names of Fixtures/make.py.
  private static let events: [String: Event] = [
    "file": Event(time: time, step: 0, .fileVersion(writer: "coca-train")),
    "session": Event(time: time, step: 300, .sessionStart),
    "scalars": Event(
      time: time, step: 1,
      .summary([
        SummaryValue("train/loss", .scalar(2.5)), SummaryValue("train/lr", .scalar(0)),
        SummaryValue("train/nan", .scalar(.nan)),
        SummaryValue("train/infinity", .scalar(-.infinity)),
      ])),
    "text": Event(
      time: time, step: 70000, .summary([SummaryValue("val/captions", .text("é|"))])),
    "image": Event(
      time: time, step: 2,
      .summary([
        SummaryValue(
          "val/picture", .image(width: 3, height: 200, encoded: Array(0..<200)))
      ])),
    "histogram": Event(
      time: time, step: 3,
      .summary(
        Histogram([2, .nan, 2.5, 2.25]).map { [SummaryValue("gradients", .histogram($0))] } ?? [])),
  ]

  @Test("has the bytes that Python's tensorboard writes for it")
  func bytes() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/events.txt")
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == Self.events.count)
    for line in lines {
      let parts = line.split(separator: " ").map(String.init)
      let event = try #require(Self.events[parts[0]])
      let found = event.record.map { String(format: "%02x", $0) }.joined()
      #expect(found == parts[1], "\(parts[0])")
    }
  }
}
