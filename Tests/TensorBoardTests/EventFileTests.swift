import Foundation
import TensorBoard
import TestSupport
import Testing

@Suite("An event file")
struct EventFileTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  private func open(host: String = "node", time: Double = 1_700_000_000) throws -> EventFile {
    try EventFile(in: folder.url, from: 41, host: host, writer: "test", time: time)
  }

  @Test("begins with its version and a session, and every record is on disk at once")
  func content() throws {
    let file = try open()
    var expected = Event(time: 1_700_000_000, step: 0, .fileVersion(writer: "test")).record
      + Event(time: 1_700_000_000, step: 41, .sessionStart).record
    #expect(try Array(Data(contentsOf: file.url)) == expected)
    let values = [SummaryValue("a", .scalar(1))]
    try file.append(values, step: 41, time: 1_700_000_001)
    expected += Event(time: 1_700_000_001, step: 41, .summary(values)).record
    #expect(try Array(Data(contentsOf: file.url)) == expected)
    try file.close()
  }

  @Test("comes by name after all that are there, also where the clock goes back")
  func order() throws {
    try folder.write("", to: "events.out.tfevents.1700000005.other.1.0")
    try folder.write("", to: "events.out.tfevents.nothing")
    let names = try [1_700_000_000, 1_700_000_000, 1_600_000_000, 1_700_001_000].map {
      try open(time: $0).url.lastPathComponent
    }
    #expect(names == names.sorted() && Set(names).count == 4)
    #expect(names[0].hasPrefix("events.out.tfevents.1700000006.node."))
    #expect(names[3].hasPrefix("events.out.tfevents.1700001000.node."))
  }

  @Test("has a name that every file system takes, whatever the host is called")
  func hosts() throws {
    let name = try open(host: "../gpu 7/é" + String(repeating: "x", count: 300))
      .url.lastPathComponent
    #expect(name.hasPrefix("events.out.tfevents.1700000000.___gpu_7__xxx"))
    #expect(name.utf8.count < 128)
    #expect(try folder.files() == [name])
  }

  @Test("says what the system refuses")
  func refused() throws {
    #expect(throws: (any Error).self) {
      _ = try EventFile(
        in: folder.file("missing"), from: 1, host: "node", writer: "test", time: 1)
    }
  }
}
