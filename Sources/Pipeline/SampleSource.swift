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
