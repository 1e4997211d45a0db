import CXXHash
import Images
import Records
import Text

/// What the survey finds in one sample.
struct SampleFacts: Sendable {
  struct Image: Sendable {
    var width: Int, height: Int
    var bytes: Int
    var format: ImageFormat
    var hash: UInt64
  }

  let key: String
  /// Nil without a picture, or where not even its size is known.
  private(set) var image: Image?
  /// Why the picture cannot be decoded, or the texts cannot be read.
  private(set) var faults: [String] = []
  private(set) var captions = 0
  private(set) var labels = 0
  /// The first caption, or else the labels; nil without either.
  private(set) var text: Text?
  /// Ids of the text, start and end included, or of ready ids; nil where nobody can tell.
  private(set) var ids: Int?

  struct Text: Sendable {
    var words: Int
    var characters: Int
    var language: String
    var hash: UInt64
  }

  /// - Parameter tokenizer: counts the ids of the text.
  init(_ sample: Sample, _ tokenizer: (any Tokenizer)?) {
    key = sample.key
    if let field = sample.image { look(at: field.bytes) } else { faults.append("no picture") }
    do throws(RecordError) {
      let annotation = try sample.annotation()
      captions = annotation.captions.count
      labels = annotation.labels.count
      text = Text(annotation)
      ids = text == nil ? annotation.tokens?.count
        : try? tokenizer.map { try $0.encode(Text.shown(annotation)).count + 2 }
      if text == nil, annotation.tokens == nil { faults.append("no text") }
    } catch {
      faults.append("\(error)")
    }
  }

  private mutating func look(at bytes: [UInt8]) {
    do throws(ImageError) {
      let size = try ImageDecoder.size(bytes)
      image = Image(
        width: size.width, height: size.height, bytes: bytes.count, format: size.format,
        hash: hash(bytes))
      _ = try ImageDecoder.decode(bytes)
    } catch {
      faults.append("\(error)")
    }
  }
}

extension SampleFacts.Text {
  init?(_ annotation: Annotation) {
    let text = Self.shown(annotation)
    let words = text.split(whereSeparator: \.isWhitespace)
    guard !words.isEmpty else { return nil }
    self.words = words.count
    characters = text.count
    language = Language.guess(text)
    hash = Statistics.hash(Array(words.joined(separator: " ").lowercased().utf8))
  }

  /// The first caption, or else the labels.
  static func shown(_ annotation: Annotation) -> String {
    annotation.captions.first { !$0.allSatisfy(\.isWhitespace) }
      ?? annotation.labels.joined(separator: ", ")
  }
}

func hash(_ bytes: [UInt8]) -> UInt64 { XXH64(bytes, bytes.count, 0) }
