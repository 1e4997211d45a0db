import Checkpoints
import CoCaModel
import Evaluation
import Foundation
import JSON
import Records
import RunFile
import Text

extension RunPlan {
  /// The model's configuration: a preset, a file, a checkpoint's, or keys on top of a preset or of
  /// the model that `init` brings.
  /// - Parameters:
  ///   - origin: the model's configuration that is used where the run file gives none.
  ///   - terms: what it is trained for; what `origin` has besides is left out.
  static func shape(
    _ configuration: RunConfiguration, _ origin: ModelSource?, _ tokenizer: (any Tokenizer)?,
    for terms: [WeightedTerm], file: String
  ) throws -> ModelConfiguration {
    let chosen: ModelConfiguration? =
      switch configuration.model {
      case nil: try origin?.configuration()
      case .preset(let name): ModelConfiguration.preset(name)
      case .file(let path): try read(path)
      case .mapping(let keys, nil) where configuration.initial != nil && origin != nil:
        try changed(origin?.configuration(), by: keys)
      case .mapping(let keys, let preset): try changed(base(preset, of: keys), by: keys)
      }
    guard var shape = chosen else {
      throw ConfigurationError(file, "model", .missing)
    }
    (shape.heads, shape.attentionSets) = (terms.heads, terms.attentionSets)
    shape.textPasses = configuration.objective.preset.textPasses
    shape.hasLogitBias = terms.hasBias
    shape.classes = try classes(configuration.objective)
    if !terms.heads.ofTexts.isEmpty {
      shape.text.vocabulary = try vocabulary(shape.text.vocabulary, tokenizer)
    }
    if let fault = shape.fault() {
      throw ModelError(place(of: configuration), .impossible(fault), remedy: "Correct it")
    }
    return shape
  }

  /// - Throws: `EvaluationError` for a file that does not name classes.
  private static func classes(_ objective: ObjectiveSettings) throws -> ImageClasses? {
    let settings = objective.classification
    guard objective.preset == .classification, let file = settings.classes else { return nil }
    return ImageClasses(
      names: try ClassNames(file: URL(fileURLWithPath: file)).names, labels: settings.labels,
      loss: settings.loss)
  }

  /// Notices of heads that `init` has and the run does not use, and of heads that it lacks.
  func initNotices() throws -> [String] {
    guard let initial else { return [] }
    let found = try initial.configuration()
    let place = initial.folder.path
    return Self.notices("head", found.heads, shape.heads, place)
      + Self.notices("self-attention", found.attentionSets, shape.attentionSets, place)
      + (shape.hasLogitBias && !found.hasLogitBias
        ? ["init: bias: \(place) has none: it starts as objective.contrastive says"] : [])
  }

  /// Whether some weights are brought neither by `init` nor by a checkpoint of this run.
  func startsAtRandom() throws -> Bool {
    guard let found = try initial?.configuration() else { return true }
    return !found.heads.isSuperset(of: shape.heads)
      || !found.attentionSets.isSuperset(of: shape.attentionSets)
      || shape.hasLogitBias && !found.hasLogitBias
  }

  private static func notices<Part: CaseIterable & RawRepresentable<String>>(
    _ kind: String, _ found: Set<Part>, _ wanted: Set<Part>, _ place: String
  ) -> [String] {
    [
      (wanted.subtracting(found), "has no such \(kind): its weights start at random"),
      (found.subtracting(wanted), "has this \(kind) too: the run's objective does not use it"),
    ].filter { !$0.0.isEmpty }.map { "init: \($0.0.names): \(place) \($0.1)" }
  }

  /// The place of an error. It is not the run file: a `--set` or a preset may have given the value.
  private static func place(of configuration: RunConfiguration) -> String {
    if case .file(let path) = configuration.model { path } else { "model" }
  }

  private static func read(_ path: String) throws -> ModelConfiguration? {
    let url = URL(fileURLWithPath: path)
    if url.isFolder { return try ModelSource.open(url).configuration() }
    let node = try ConfigurationYAML.read(ConfigurationYAML.text(of: url), place: path)
    let keys = try ModelKeys(
      Reading(node, folder: nil, book: RunConfiguration.book, path: "model"))
    return try changed(base(keys.preset, of: keys.tree), by: keys.tree)
  }

  /// The preset that the keys change; where none is named, the one that suits their layout.
  private static func base(_ preset: String?, of keys: JSONValue) -> ModelConfiguration? {
    let isOpenCLIP = keys["layout"]?.string == ModelConfiguration.Layout.openclip.rawValue
    return ModelConfiguration.preset(preset ?? (isOpenCLIP ? "coca_ViT-B-32" : "base"))
  }

  private static func vocabulary(_ rows: Int?, _ tokenizer: (any Tokenizer)?) throws -> Int {
    guard let pieces = tokenizer?.vocabularySize else {
      guard let rows else {
        throw ModelError(
          "model.text.vocabulary", .impossible("is not set, and no tokenizer gives it"),
          remedy: "Set it, or give a tokenizer")
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

  /// - Parameter keys: those of `ModelKeys`: names that a model has, with values of the right
  ///   kinds.
  private static func changed(
    _ base: ModelConfiguration?, by keys: JSONValue
  ) throws -> ModelConfiguration? {
    guard let base else { return nil }
    return try merge(keys, onto: JSONValue(encoding: base)).decoded(as: ModelConfiguration.self)
  }

  private static func merge(_ keys: JSONValue, onto base: JSONValue) -> JSONValue {
    guard case .object(var members) = base, case .object(let replacements) = keys else {
      return keys
    }
    for (name, value) in replacements {
      members[name] = members[name].map { merge(value, onto: $0) } ?? value
    }
    return .object(members)
  }
}
