/// A record of an event file: TensorFlow's message `Event`, as far as a training run needs it.
public struct Event: Sendable {
  public enum Content: Sendable {
    /// The beginning of a file.
    /// - writer: the program's name, for people.
    case fileVersion(writer: String)
    /// The beginning of a session: it replaces what earlier sessions wrote for this and later
    /// steps.
    case sessionStart
    case summary([SummaryValue])
  }

  /// Seconds since 1970.
  public let time: Double
  public let step: Int
  public let content: Content

  public init(time: Double, step: Int, _ content: Content) {
    (self.time, self.step, self.content) = (time, step, content)
  }

  /// The message. Field numbers: tensorflow/core/util/event.proto.
  public var bytes: [UInt8] {
    var event = ProtobufMessage()
    event.add(1, time)
    if step != 0 { event.add(2, step) }
    switch content {
    case .fileVersion(let writer):
      event.add(3, "brain.Event:2")
      event.add(10, ProtobufMessage { $0.add(1, writer) })
    case .sessionStart:
      event.add(7, ProtobufMessage { $0.add(1, 1) })
    case .summary(let values):
      event.add(5, ProtobufMessage { for value in values { $0.add(1, value.message) } })
    }
    return event.bytes
  }

  /// The message as a TFRecord: length, checksum of the length, message, checksum of the message.
  public var record: [UInt8] {
    let message = bytes, length = UInt64(message.count).littleEndianBytes
    return length + CRC32C.masked(of: length).littleEndianBytes
      + message + CRC32C.masked(of: message).littleEndianBytes
  }
}

extension ProtobufMessage {
  init(_ fill: (inout ProtobufMessage) -> Void) {
    self.init()
    fill(&self)
  }
}
