import Records
import Text

/// Records that training reads, under the name that the run file gives them.
public struct SampleSource: Sendable {
  /// The part of a sample's annotation that becomes its text.
  public enum Text: Sendable, Equatable {
    /// A caption; where there are several, one is drawn per epoch.
    case caption
    /// The labels, shuffled, joined and put into a prompt, all drawn per epoch.
    case labels(Prompts)
    /// Ready ids, first and last included.
    case tokens
    /// One of the fields that the sample has, drawn per epoch by weight.
    case fields([Field])
  }

  /// A field of a sample that may give its text.
  public struct Field: Sendable, Equatable {
    /// `caption`, `labels`, or a key of `KEY.json` whose value is a text or a list of texts.
    public var name: String
    /// Above 0.
    public var weight: Double
    /// Used for `labels`.
    public var prompts: Prompts

    public init(name: String, weight: Double, prompts: Prompts) {
      self.name = name
      self.weight = weight
      self.prompts = prompts
    }
  }

  public var name: String
  /// Folders that are read as one set, in this order.
  public var records: [RecordSet]
  /// Nil: the number of its samples.
  public var weight: Double?
  public var text: Text

  public init(name: String, records: [RecordSet], weight: Double? = nil, text: Text = .caption) {
    self.name = name
    self.records = records
    self.weight = weight
    self.text = text
  }

  public var samples: Int { records.reduce(0) { $0 + $1.index.samples } }
}

extension SampleSource.Text {
  /// The keys of `KEY.json` that are read besides the standard ones.
  var keys: [String] {
    guard case .fields(let fields) = self else { return [] }
    return fields.map(\.name).filter { $0 != "caption" && $0 != "labels" }
  }
}
