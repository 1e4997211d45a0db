import Checkpoints
import CoCaModel
import Foundation
import JSON

extension RunConfiguration {
  /// Reads a run file.
  ///
  /// - Parameters:
  ///   - overrides: `key.path=value` of each `--set`, in order; the value is YAML.
  /// - Throws: `ConfigurationError` for the first thing that is wrong, with its line.
  public init(file: URL, overrides: [String] = []) throws(ConfigurationError) {
    let text = try ConfigurationYAML.text(of: file)
    try self.init(
      yaml: text, name: file.lastPathComponent,
      folder: file.standardizedFileURL.deletingLastPathComponent(), overrides: overrides)
  }

  /// Reads the text of a run file.
  ///
  /// - Parameters:
  ///   - name: put before line numbers.
  ///   - folder: what relative paths are relative to.
  public init(
    yaml: String, name: String = "run.yaml", folder: URL, overrides: [String] = []
  ) throws(ConfigurationError) {
    var root = try ConfigurationYAML.read(yaml, place: name)
    for override in overrides {
      try RunConfigurationOverride(override).apply(to: &root)
    }
    try self.init(root, folder: folder)
  }

  /// Reads what `json` has written, as in a checkpoint's `state.json`.
  public init(json: JSONValue) throws(ConfigurationError) {
    let root = ConfigurationNode(json: json, place: "the checkpoint's configuration")
    try self.init(root, folder: nil)
  }

  init(_ root: ConfigurationNode, folder: URL?) throws(ConfigurationError) {
    let run = try ConfigurationReader(root, folder: folder)
    initial = try run.file("init")
    model = try run.model()
    data = try run.sources()
    dataCache = try run.dataCache()
    tokenizer = try run.file("tokenizer")
    guard let batch = try run.integer("batch", in: 1...Int(Int32.max)) else {
      throw run.error("batch", .missing)
    }
    self.batch = batch
    length = try run.length()
    reproducible = try run.flag("reproducible", or: false)
    lanes = try run.lanes(batch: batch, reproducible: reproducible)
    microbatch = try run.integer("microbatch", in: 1...Int(Int32.max))
    if reproducible, microbatch != nil {
      throw run.unexpected("microbatch", "null with reproducible: true, which cuts by lanes")
    }
    badSamples = try run.section("bad_samples").badSamples()
    objective = try run.choice("objective", or: .coca)
    loss = try run.section("loss").loss(of: objective)
    optimizer = try run.section("optimizer").optimizer()
    schedule = try run.section("schedule").schedule()
    augment = try run.augment()
    recompute = try run.choice("recompute", or: .none)
    contrastiveExchange = try run.choice("contrastive_exchange", or: .gather)
    precision = try run.choice("precision", or: .float32)
    shardOptimizer = try run.flag("shard_optimizer", or: false)
    gradientType = try run.choice("gradient_dtype", or: .float32)
    if reproducible, gradientType != .float32 {
      throw run.unexpected(
        "gradient_dtype", "float32 with reproducible: true: more ranks would round more often")
    }
    overlap = try run.choice("overlap", or: .auto)
    nonfinite = try run.choice("nonfinite", or: .stop)
    deadline = try run.deadline()
    checkpoint = try run.section("checkpoint").saving()
    validation = try run.section("validation").validation()
    log = try run.section("log").log()
    seed = UInt64(try run.integer("seed", or: 0, in: 0...Int.max))
    guard tokenizer != nil || initial != nil || data.allSatisfy({ $0.text == .tokens }) else {
      throw run.error("tokenizer", .missing)
    }
  }
}

extension ConfigurationReader {
  fileprivate func lanes(batch: Int, reproducible: Bool) throws(ConfigurationError) -> Int {
    let given = try integer("lanes", in: 1...1_000_000)
    guard reproducible else { return given ?? min(240, batch) }
    guard let given else { return 1 << (Int.bitWidth - 1 - min(64, batch).leadingZeroBitCount) }
    guard given.nonzeroBitCount == 1 else {
      throw unexpected("lanes", "a power of two with reproducible: true, best from 8 to 64")
    }
    return given
  }

  /// Half of it has to outlast a slow disk, and a network file system's view of heartbeats.
  fileprivate func deadline() throws(ConfigurationError) -> Double {
    let expected = "a number from 10 to 1e9"
    return try required(
      "deadline", or: 300, expected,
      number("deadline", expected) { (10...1e9).contains($0) })
  }

  fileprivate func length() throws(ConfigurationError) -> RunConfiguration.Length {
    let given = ["steps", "epochs", "samples"].filter { self[$0] != nil }
    guard given.count < 2 else {
      throw error(given[1], .conflict("\(given.joined(separator: " and ")) are both given"))
    }
    if let steps = try integer("steps", in: 1...(1 << 53)) { return .steps(steps) }
    let epochs = try number("epochs", "a number above 0, up to 1e9") { 0 < $0 && $0 <= 1e9 }
    if let epochs { return .epochs(epochs) }
    if let samples = try integer("samples", in: 1...(1 << 53)) { return .samples(samples) }
    throw error(given.first ?? "steps", .missing)
  }

  fileprivate func augment() throws(ConfigurationError) -> RunConfiguration.Augment? {
    if case .null? = self["augment"]?.value { return nil }
    let section = try section("augment")
    let crop = try section.range("crop")
    let resize = try section.number("resize", "a number from 1 to 4") { (1...4).contains($0) }
    if crop != nil, resize != nil {
      throw section.error("resize", .conflict("crop and resize are both given"))
    }
    return RunConfiguration.Augment(
      crop: crop ?? 0.9...1, resize: resize, flip: try section.flag("flip", or: false))
  }

  private func range(_ key: String) throws(ConfigurationError) -> ClosedRange<Double>? {
    guard let node = self[key] else { return nil }
    guard let items = node.json.array, items.count == 2 else {
      throw unexpected(key, "two fractions, as in [0.9, 1.0]")
    }
    let bounds = items.compactMap { item -> Double? in
      switch item {
      case .integer(let value): Double(value)
      case .number(let value): value
      default: nil
      }
    }
    guard bounds.count == 2, bounds[0] > 0, bounds[0] <= bounds[1], bounds[1] <= 1 else {
      throw unexpected(key, "two rising fractions above 0, as in [0.9, 1.0]")
    }
    return bounds[0]...bounds[1]
  }

  fileprivate func model() throws(ConfigurationError) -> RunConfiguration.Model? {
    guard let node = self["model"] else {
      if self["init"] == nil { throw error("model", .missing) }
      return nil
    }
    switch node.value {
    case .null where self["init"] != nil: return nil
    case .text(let name): return try model(named: name)
    case .map:
      let keys = try ModelKeys(node)
      return .mapping(keys.tree, base: keys.preset)
    default: throw unexpected("model", "a preset, a file, a checkpoint or a mapping")
    }
  }

  private func model(named name: String) throws(ConfigurationError) -> RunConfiguration.Model {
    let presets = ModelConfiguration.presetNames
    if presets.contains(name) { return .preset(name) }
    let path = absolute(name)
    let isPath = name.contains("/") || name.contains(".")
    let isThere = !name.isEmpty && FileManager.default.fileExists(atPath: path)
    if isPath || isThere { return .file(path) }
    throw unexpected("model", "one of \(presets.joined(separator: ", ")), or a path")
  }
}
