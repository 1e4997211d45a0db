/// What is shown under a tag at a step.
public struct SummaryValue: Sendable {
  public enum Content: Sendable {
    /// A point of a curve; it may be NaN or infinite.
    case scalar(Float)
    /// Markdown.
    case text(String)
    /// - encoded: a PNG or JPEG file with three channels.
    case image(width: Int, height: Int, encoded: [UInt8])
    case histogram(Histogram)
  }

  /// Slashes divide it into groups on the page.
  public let tag: String
  public let content: Content

  public init(_ tag: String, _ content: Content) {
    (self.tag, self.content) = (tag, content)
  }

  /// Field numbers: tensorflow/core/framework/summary.proto and tensor.proto.
  var message: ProtobufMessage {
    ProtobufMessage { value in
      value.add(1, tag)
      switch content {
      case .scalar(let number): value.add(2, number)
      case .image(let width, let height, let encoded):
        value.add(
          4,
          ProtobufMessage { image in
            image.add(1, height)
            image.add(2, width)
            image.add(3, 3)
            image.add(4, encoded)
          })
      case .histogram(let histogram): value.add(5, histogram.message)
      case .text(let markdown): Self.add(markdown, to: &value)
      }
    }
  }

  /// A tensor of one string without dimensions; its metadata makes the page show it as text.
  private static func add(_ markdown: String, to value: inout ProtobufMessage) {
    let string = 7
    value.add(
      8,
      ProtobufMessage { tensor in
        tensor.add(1, string)
        tensor.add(2, ProtobufMessage())
        tensor.add(8, markdown)
      })
    let plugin = ProtobufMessage { $0.add(1, "text") }
    value.add(9, ProtobufMessage { $0.add(1, plugin) })
  }
}
