import Foundation
import Records
import Tensors
import Text

/// Turns a sample's annotation into the ids that the model reads.
public struct SampleText: Sendable {
  private let tokenizer: (any Tokenizer)?
  private let vocabularySize: Int
  let context: Int

  /// - Parameters:
  ///   - tokenizer: nil where all text is ready ids.
  ///   - vocabularySize: the model's; every id is below it.
  ///   - context: the most ids of a text, start and end included.
  public init(tokenizer: (any Tokenizer)?, vocabularySize: Int, context: Int) {
    precondition(context >= 2, "a text holds at least start and end")
    self.tokenizer = tokenizer
    self.vocabularySize = vocabularySize
    self.context = context
  }

  /// The same without a limit on the ids.
  var uncut: SampleText {
    SampleText(tokenizer: tokenizer, vocabularySize: vocabularySize, context: .max)
  }

  /// Whether text of this kind can be made.
  public func makes(_ kind: SampleSource.Text) -> Bool { tokenizer != nil || kind == .tokens }

  /// A text that was drawn for a sample.
  struct Drawn: Sendable {
    /// At least two and at most `context`; if there are more, the last one is kept.
    let ids: [Int32]
    /// What the text says without its prompt; nil where the sample has ready ids.
    let words: String?
  }

  /// The ids: at least two and at most `context`; if there are more, the last one is kept.
  ///
  /// - Parameter random: decides the caption, the order of labels and the prompt.
  /// - Throws: why the sample has no usable text.
  public func ids(
    _ annotation: Annotation, as kind: SampleSource.Text, random: CounterRandom
  ) throws(BadSample.Reason) -> [Int32] {
    try drawn(annotation, as: kind, random: random).ids
  }

  func drawn(
    _ annotation: Annotation, as kind: SampleSource.Text, random: CounterRandom
  ) throws(BadSample.Reason) -> Drawn {
    let written = try Self.written(annotation, kind, random)
    let ids = if let written { try encode(written.text) } else { annotation.tokens ?? [] }
    return Drawn(ids: try checked(ids), words: written?.words)
  }

  /// The text, and the same without its prompt.
  private typealias Written = (text: String, words: String)

  private static func written(
    _ annotation: Annotation, _ kind: SampleSource.Text, _ random: CounterRandom
  ) throws(BadSample.Reason) -> Written? {
    switch kind {
    case .caption: plain(try caption(of: annotation, random))
    case .labels(let prompts): try sentence(annotation.labels, prompts, random)
    case .tokens: nil
    case .fields(let fields): try drawn(annotation, fields, random)
    }
  }

  private static func plain(_ text: String) -> Written { (text, text) }

  private func checked(_ ids: [Int32]) throws(BadSample.Reason) -> [Int32] {
    guard ids.count >= 2, let last = ids.last else { throw .noText }
    let range = 0..<Int32(clamping: vocabularySize)
    if let wrong = ids.first(where: { !range.contains($0) }) {
      throw .tokenOutOfRange(id: wrong, vocabulary: vocabularySize)
    }
    return ids.count <= context ? ids : ids.prefix(context - 1) + [last]
  }

  private func encode(_ text: String) throws(BadSample.Reason) -> [Int32] {
    guard let tokenizer else { preconditionFailure("checked before reading, see `makes`") }
    let ids: [Int32]
    do throws(TextError) {
      ids = try tokenizer.caption(text, context: context)
    } catch {
      throw .text("\(error)")
    }
    guard ids.count > 2 || context == 2 else { throw .noText }
    return ids
  }

  private static func caption(
    of annotation: Annotation, _ random: CounterRandom
  ) throws(BadSample.Reason) -> String {
    guard annotation.captions.contains(where: isWritten) else {
      if annotation.labels.contains(where: isWritten) { throw .noCaption(has: "labels") }
      throw annotation.tokens == nil ? .noText : .noCaption(has: "tokens")
    }
    return try caption(annotation.captions, random)
  }

  private static func caption(
    _ captions: [String], _ random: CounterRandom
  ) throws(BadSample.Reason) -> String {
    let written = captions.filter(isWritten)
    guard !written.isEmpty else { throw .noText }
    return written[random.below(written.count, at: 0)]
  }

  private static func sentence(
    _ labels: [String], _ prompts: Prompts, _ random: CounterRandom
  ) throws(BadSample.Reason) -> Written {
    let written = labels.filter(isWritten)
    guard !written.isEmpty else { throw .noText }
    return (
      LabelText.text(labels: written, prompts: prompts, random: random),
      LabelText.plain(labels: written.sorted())
    )
  }

  private static func drawn(
    _ annotation: Annotation, _ fields: [SampleSource.Field], _ random: CounterRandom
  ) throws(BadSample.Reason) -> Written {
    func texts(_ field: SampleSource.Field) -> [String] {
      switch field.name {
      case "caption": annotation.captions
      case "labels": annotation.labels
      default: annotation.texts[field.name] ?? []
      }
    }
    let there = fields.filter { texts($0).contains(where: isWritten) }
    // Far from the indices at which captions, labels and prompts are drawn.
    var place = random.uniform(1 << 40) * there.reduce(0) { $0 + $1.weight }
    let field = there.first { field in
      place -= field.weight
      return place < 0
    }
    guard let field = field ?? there.last else { throw .noText }
    return field.name == "labels"
      ? try sentence(annotation.labels, field.prompts, random)
      : plain(try caption(texts(field), random))
  }

  private static func isWritten(_ text: String) -> Bool {
    !text.allSatisfy(\.isWhitespace)
  }
}
