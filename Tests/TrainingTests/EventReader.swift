import Foundation

/// What an event file says, as far as tests ask.
struct EventReader {
  struct Event: Equatable {
    var step = 0
    var isSessionStart = false
    var scalars: [String: Float] = [:]
    /// Tags of texts, pictures and histograms.
    var others: [String] = []
  }

  let events: [Event]

  init(_ data: Data) {
    var events: [Event] = [], rest = Array(data)[...]
    while rest.count >= 16 {
      let length = rest.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
      events.append(Self.event(rest.dropFirst(12).prefix(length)))
      rest = rest.dropFirst(16 + length)
    }
    self.events = events
  }

  /// Every event file of a run's folder, in the order of their names.
  static func all(in folder: URL) throws -> [EventReader] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.contains("tfevents") }.sorted()
      .map { EventReader(try Data(contentsOf: folder.appendingPathComponent($0))) }
  }

  private static func event(_ message: ArraySlice<UInt8>) -> Event {
    var event = Event()
    for field in fields(message) {
      switch field.number {
      case 2: event.step = field.varint
      case 7: event.isSessionStart = true
      case 5: for value in fields(field.bytes) { add(value.bytes, to: &event) }
      default: break
      }
    }
    return event
  }

  private static func add(_ value: ArraySlice<UInt8>, to event: inout Event) {
    let parts = fields(value)
    let tag = String(decoding: parts.first { $0.number == 1 }?.bytes ?? [], as: UTF8.self)
    guard let scalar = parts.first(where: { $0.number == 2 }) else {
      return event.others.append(tag)
    }
    let bits = scalar.bytes.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    event.scalars[tag] = Float(bitPattern: bits)
  }

  private static func fields(
    _ message: ArraySlice<UInt8>
  ) -> [(number: Int, varint: Int, bytes: ArraySlice<UInt8>)] {
    var rest = message, fields: [(Int, Int, ArraySlice<UInt8>)] = []
    func varint() -> Int {
      var value = 0, shift = 0
      while let byte = rest.popFirst() {
        value |= Int(byte & 0x7f) << shift
        shift += 7
        if byte < 0x80 { break }
      }
      return value
    }
    while !rest.isEmpty {
      let key = varint()
      guard key & 7 != 0 else {
        fields.append((key >> 3, varint(), []))
        continue
      }
      let length = key & 7 == 2 ? varint() : key & 7 == 1 ? 8 : 4
      fields.append((key >> 3, 0, rest.prefix(length)))
      rest = rest.dropFirst(length)
    }
    return fields
  }
}
