import Records
import Text

/// Records that training reads from, as the run names them.
public struct SampleSource: Sendable {
  /// What of a sample's annotation becomes its text.
  public enum Text: Sendable, Equatable {
    /// A caption; of several, one is drawn per epoch.
    case caption
    /// The labels, shuffled, joined and put into a prompt, all drawn per epoch.
    case labels(Prompts)
    /// Ready ids, first and last included.
    case tokens
    /// One of the fields that the sample has, drawn per epoch by their weights.
    case fields([Field])
  }

  /// A field of a sample that may give its text.
  public struct Field: Sendable, Equatable {
    /// `caption`, `labels`, or a key of `KEY.json` with a text or a list of texts.
    public var name: String
    /// Above 0.
    public var weight: Double
    /// For `labels`.
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
  /// Nil: as many as its samples.
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
  /// The keys of `KEY.json` that are read besides those that have a meaning of their own.
  var keys: [String] {
    guard case .fields(let fields) = self else { return [] }
    return fields.map(\.name).filter { $0 != "caption" && $0 != "labels" }
  }
}
