import Checkpoints
import CoCaModel
import Evaluation
import Foundation
import JSON
import Text

extension RunPlan {
  /// The model's configuration: a preset, a file, a checkpoint's, or keys on top of a preset or of
  /// the model that `init` brings.
  /// - Parameter origin: what brings it where the run file doesn't.
  static func shape(
    _ configuration: RunConfiguration, _ origin: ModelSource?, _ tokenizer: (any Tokenizer)?,
    file: String
  ) throws -> ModelConfiguration {
    let chosen =
      switch configuration.model {
      case nil: try origin?.configuration()
      case .preset(let name): ModelConfiguration.preset(name)
      case .file(let path): try read(path)
      case .mapping(let tree, nil) where configuration.initial != nil && origin != nil:
        try origin.map { try merge(tree, onto: $0.configuration(), place: file) }
      case .mapping(let tree, let base):
        try merge(tree, onto: base ?? standard(for: tree), place: file)
      }
    guard var shape = chosen else {
      throw ConfigurationError(file, "model", .missing)
    }
    shape.text.vocabulary = try vocabulary(shape.text.vocabulary, tokenizer)
    if let fault = shape.fault() {
      throw ModelError("\(file): model", .impossible(fault), remedy: "Correct it")
    }
    return shape
  }

  private static func read(_ path: String) throws -> ModelConfiguration {
    let url = URL(fileURLWithPath: path)
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      return try ModelSource.open(url).configuration()
    }
    let tree = try ConfigurationYAML.read(ConfigurationYAML.text(of: url), place: path)
    return try merge(tree.json, onto: standard(for: tree.json), place: path)
  }

  /// The preset that a mapping without one changes.
  private static func standard(for tree: JSONValue) -> String {
    let layout = tree.object?["layout"]?.string
    return layout == ModelConfiguration.Layout.openclip.rawValue ? "coca_ViT-B-32" : "base"
  }

  private static func vocabulary(_ rows: Int?, _ tokenizer: (any Tokenizer)?) throws -> Int {
    guard let pieces = tokenizer?.vocabularySize else {
      guard let rows else {
        throw ModelError(
          "model.text.vocabulary", .impossible("is open and there is no tokenizer to tell it"),
          remedy: "Give its size, or a tokenizer")
      }
      return rows
    }
    guard pieces <= rows ?? pieces else {
      throw ModelError(
        "tokenizer", .mismatch("has \(pieces) pieces, the model \(rows ?? 0) rows"),
        remedy: "Set model.text.vocabulary to at least \(pieces), or train a smaller tokenizer")
    }
    return rows ?? pieces
  }

  /// A preset with some keys replaced; a key it doesn't have is an error.
  static func merge(
    _ tree: JSONValue, onto preset: String, place: String
  ) throws -> ModelConfiguration {
    guard let base = ModelConfiguration.preset(preset) else {
      throw ConfigurationError(
        place, "model.preset",
        .unexpected(
          found: preset,
          expected: "one of " + ModelConfiguration.presetNames.joined(separator: ", ")
        ))
    }
    return try merge(tree, onto: base, place: place)
  }

  private static func merge(
    _ tree: JSONValue, onto base: ModelConfiguration, place: String
  ) throws -> ModelConfiguration {
    var known = try JSONValue(encoding: base)
    for (section, names) in ModelConfiguration.optionalKeys {
      known = known.naming(names, in: section)
    }
    let merged = try merge(tree, onto: known, key: "model", place: place)
    do {
      return try merged.decoded()
    } catch let error as DecodingError {
      throw ConfigurationError(place, "model", .syntax(error.plainText))
    }
  }

  private static func merge(
    _ tree: JSONValue, onto base: JSONValue, key: String, place: String
  ) throws -> JSONValue {
    guard case .object(var members) = base else { return tree }
    guard case .object(let replacements) = tree else {
      throw ConfigurationError(
        place, key, .unexpected(found: tree.text(), expected: "a mapping"))
    }
    for (name, value) in replacements.sorted(by: { $0.key < $1.key }) {
      let path = "\(key).\(name)"
      guard let old = members[name] else {
        let nearest = members.keys.min {
          RunConfigurationKeys.editDistance($0, name) < RunConfigurationKeys.editDistance($1, name)
        }
        throw ConfigurationError(
          place, path, .unknownKey(suggestion: nearest.map { "The nearest known is \($0)" }))
      }
      members[name] = try merge(value, onto: old, key: path, place: place)
    }
    return .object(members)
  }
}

extension JSONValue {
  /// Optional values that are nil have no key when encoded; a mapping may still give them.
  fileprivate func naming(_ names: [String], in section: String) -> JSONValue {
    guard case .object(var members) = self, case .object(var inner)? = members[section] else {
      return self
    }
    for name in names where inner[name] == nil { inner[name] = .null }
    members[section] = .object(inner)
    return .object(members)
  }
}

extension DecodingError {
  /// Where and what, without Foundation's prose.
  fileprivate var plainText: String {
    let (context, what): (Context, String) =
      switch self {
      case .typeMismatch(let type, let context): (context, "expected \(type)")
      case .valueNotFound(let type, let context): (context, "expected \(type), found nothing")
      case .keyNotFound(let key, let context): (context, "\(key.stringValue) is missing")
      case .dataCorrupted(let context): (context, context.debugDescription)
      @unknown default: (Context(codingPath: [], debugDescription: ""), "\(self)")
      }
    return (context.codingPath.map(\.stringValue) + [what]).joined(separator: ": ")
  }
}
