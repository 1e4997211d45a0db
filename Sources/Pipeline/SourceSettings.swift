import Foundation
import Records
import RunFile
import Text

/// An entry of `data:` in a run file: a source of pairs.
public struct SourceSettings: Section {
  public enum Text: Sendable, Equatable {
    case caption, labels, tokens
    /// `caption`, `labels` and keys of `KEY.json`, with weights above 0, sorted by name.
    case fields([Field])

    var hasLabels: Bool {
      guard case .fields(let fields) = self else { return self == .labels }
      return fields.contains { $0.name == "labels" }
    }
  }

  public struct Field: Sendable, Equatable {
    public var name: String
    public var weight: Double

    public init(name: String, weight: Double) {
      self.name = name
      self.weight = weight
    }
  }

  /// The source's name in logs; no two sources have the same.
  public var name = ""
  public var records: [String] = []
  /// Nil for all sources: in proportion to their samples.
  public var weight: Double?
  public var text = Text.caption
  /// Used only with `labels`, alone or among the fields.
  public var prompts: PromptChoice?

  public init() {}
}

extension SourceSettings {
  public static let keys: [Key<Self>] = [
    Key("name", \.name, .text, default: "`records` as written", free: true, """
      the source's name in logs; no two sources have the same
      """),
    Key("records", \.records, .folders, required: true, "folders that `coca-shard pack` wrote"),
    Key("weight", \.weight, .orAbsent(.number(above: 0, upTo: 1e15)), default: "by samples", """
      share of each batch; give it to all sources or to none
      """),
    Key("text", \.text, .sourceText, """
      `caption`: one of the captions, drawn per epoch; `labels`: the labels shuffled, joined and \
      put into a prompt, with [synonyms and hierarchies](packing.md#labels) drawn too; `tokens`: \
      ready ids, first and last included. `{caption: 1, recaption: 3, labels: 1}`: one of the \
      fields that a sample has, drawn per epoch in proportion to the weights; a name other than \
      `caption` and `labels` is a key of `KEY.json` whose value is a text, or a list of texts of \
      which one is drawn
      """),
    Key("prompts", \.prompts, .orAbsent(.prompts), default: "`default`", """
      only with `text: labels`, or with `labels` among the weights; a file has one prompt per \
      line, each with one `{}`
      """),
  ]

  public mutating func complete(
    _ mapping: Mapping, after others: [Self]
  ) throws(ConfigurationError) {
    name = try mapping.name(besides: others.map(\.name))
    prompts = try mapping.prompts(prompts, areAllowed: text.hasLabels, by: "text: labels")
  }
}

extension Kind where Value == SourceSettings.Text {
  private static let words: [(word: String, text: Value)] = [
    ("caption", .caption), ("labels", .labels), ("tokens", .tokens),
  ]

  /// One word, or weights of fields.
  fileprivate static var sourceText: Kind {
    let names = words.map(\.word)
    return Kind(
      "one of: " + names.joined(separator: ", "),
      type: names.map { "`\($0)`" }.joined(separator: ", ") + ", or weights",
      read: { reading throws(ConfigurationError) in
        if case .map(let members) = reading.node.value {
          return .fields(try fields(members, of: reading))
        }
        guard let text = words.first(where: { $0.word == reading.node.text })?.text else {
          throw reading.unexpected("one of: " + names.joined(separator: ", "))
        }
        return text
      },
      write: { text in
        if case .fields(let fields) = text {
          return .map(fields.map { ($0.name, ConfigurationNode(.number($0.weight))) })
        }
        return words.first { $0.text == text }.map { .text($0.word) }
      })
  }

  private static func fields(
    _ members: [ConfigurationNode.Member], of text: Reading
  ) throws(ConfigurationError) -> [SourceSettings.Field] {
    var fields: [SourceSettings.Field] = []
    for (name, node) in members {
      let weight = try Kind<Double>.number(above: 0, upTo: 1e37).read(text.part(name, node))
      guard name != "tokens" else {
        throw text.error(.conflict("tokens cannot be drawn among other fields"))
      }
      fields.append(SourceSettings.Field(name: name, weight: weight))
    }
    guard !fields.isEmpty else { throw text.unexpected("at least one field with its weight") }
    return fields.sorted { $0.name < $1.name }
  }
}

extension Mapping {
  /// The given name, else the records as written, made different from the names in `taken`.
  public func name(besides taken: [String]) throws(ConfigurationError) -> String {
    if isGiven("name"), let name = self["name"]?.words {
      guard !taken.contains(name) else {
        throw error("name", .conflict("\"\(name)\" is also the name of another source"))
      }
      return name
    }
    let written = self["records"]?.texts?.joined(separator: "+") ?? ""
    var name = written
    var number = 2
    while taken.contains(name) {
      name = "\(written)-\(number)"
      number += 1
    }
    return name
  }
}

extension SampleSource {
  /// - Throws: what is wrong with its records or its prompts.
  public init(_ settings: SourceSettings) throws {
    let text: Text =
      switch settings.text {
      case .caption: .caption
      case .tokens: .tokens
      case .labels: .labels(try Prompts(settings.prompts))
      case .fields(let fields): .fields(
        try fields.map { field in
          Field(name: field.name, weight: field.weight, prompts: try Prompts(settings.prompts))
        })
      }
    self.init(
      name: settings.name,
      records: try settings.records.map {
        try RecordSet(directory: URL(fileURLWithPath: $0, isDirectory: true))
      },
      weight: settings.weight, text: text)
  }
}
