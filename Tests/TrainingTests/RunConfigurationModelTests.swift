import CoCaModel
import JSON
import RunFile
import TestSupport
import Testing
import Training

@Suite("The model's own keys")
struct RunConfigurationModelTests {
  private func failure(of model: String) throws -> ConfigurationError {
    let error = #expect(throws: ConfigurationError.self) {
      try parseRun(minimalRun.replacing("model: base", with: "model: \(model)"))
    }
    return try #require(error)
  }

  @Test("are those that a configuration is written with", arguments: ["tiny", "coca_ViT-B-32"])
  func keys(preset: String) throws {
    var shape = try #require(ModelConfiguration.preset(preset))
    // Where these are null they are not written.
    (shape.image.poolerHeads, shape.image.resize, shape.text.vocabulary) = (4, 1.5, 64)
    (shape.image.layerScale, shape.text.layerScale, shape.multimodal.layerScale) = (0.5, 0.5, 0.5)
    let tree = try JSONValue(encoding: shape)
    let keys = try #require(RunConfiguration.book.entry("model")).members
    #expect(paths(tree) == paths(keys.filter { $0.name != "preset" }))
    let run = try parseRun(minimalRun, set: ["model=\(tree.text())"])
    #expect(run.model == .mapping(tree, base: nil))
  }

  private func paths(_ tree: JSONValue) -> Set<String> {
    guard case .object(let members) = tree else { return [""] }
    return Set(members.flatMap { name, inner in paths(inner).map { "\(name).\($0)" } })
  }

  private func paths(_ keys: [KeyEntry]) -> Set<String> {
    guard !keys.isEmpty else { return [""] }
    return Set(keys.flatMap { key in paths(key.members).map { "\(key.name).\($0)" } })
  }

  @Test("a value of another kind is refused with what may stand there", arguments: [
    ("{activation: relu}", "activation", "\"relu\"", "one of: gelu, quick_gelu"),
    ("{poolers: null}", "poolers", "null", "one of: cascade, parallel, shared, none"),
    ("{joint: big}", "joint", "\"big\"", "a whole number"),
    ("{image: 3}", "image", "3", "a mapping"),
    ("{image: {fit: 1}}", "image.fit", "1", "one of: crop, pad, squash"),
    ("{image: {size: [1, a]}}", "image.size", "a list", "a whole number or [height, width]"),
    ("{image: {pre_norm: 1}}", "image.pre_norm", "1", "true or false"),
    ("{image: {mean: 0.5}}", "image.mean", "0.5", "three numbers from -1000.0 to 1000.0"),
    ("{image: {std: [1, 1]}}", "image.std", "a list", "three numbers from 0.001 to 1000.0"),
    ("{image: {std: [1e300, 1, 1]}}", "image.std", "a list", "three numbers from 0.001 to 1000.0"),
    ("{image: {std: [1e-40, 1, 1]}}", "image.std", "a list", "three numbers from 0.001 to 1000.0"),
    ("{text: {context: 1.5}}", "text.context", "1.5", "a whole number"),
    ("{text: {vocabulary: x}}", "text.vocabulary", "\"x\"", "a whole number or null"),
    ("{text: {layer_scale: x}}", "text.layer_scale", "\"x\"", "a number or null"),
  ])
  func kinds(model: String, key: String, found: String, expected: String) throws {
    let error = try failure(of: model)
    #expect(error.place == "run.yaml:1" && error.key == "model.\(key)")
    #expect(error.reason == .unexpected(found: found, expected: expected))
  }

  @Test("an unknown key names the nearest, or says that the file is open_clip's", arguments: [
    ("{preset: tiny, layrs: 1}", "layrs", "The nearest known is layout"),
    ("{text: {contxt: 1}}", "text.contxt", "The nearest known is context"),
    ("{\"image.size\": 1}", "image.size", "The nearest known is image"),
    ("{embed_dim: 512, layrs: 1}", "embed_dim", "This is a model file of open_clip's"),
    ("{custom_text: true}", "custom_text", "This is a model file of open_clip's"),
  ])
  func unknown(model: String, key: String, remedy: String) throws {
    let error = try failure(of: model)
    #expect(error.place == "run.yaml:1" && error.key == "model.\(key)")
    #expect(error.description.contains("unknown key. \(remedy)"), "\(error)")
  }

  @Test("a whole number may be written with an exponent")
  func exponent() throws {
    let run = try parseRun(minimalRun, set: ["model.text.vocabulary=64e3"])
    #expect(
      run.model
        == .mapping(.object(["text": .object(["vocabulary": .integer(64_000)])]), base: "base"))
  }

  @Test("a number that no model can compute with is a fault")
  func faults() throws {
    var shape = try #require(ModelConfiguration.preset("tiny"))
    shape.image.layerScale = -1
    #expect(shape.fault()?.hasPrefix("image.layer_scale: -1.0 is no float32") == true)
    shape.image.layerScale = 0
    #expect(shape.fault() == nil)
    shape.image.std[1] = .leastNonzeroMagnitude
    #expect(shape.fault()?.hasPrefix("image.std: ") == true)
    (shape.image.std[1], shape.image.mean[2]) = (1, .nan)
    #expect(shape.fault()?.hasPrefix("image.mean: ") == true)
  }

  @Test("a file of them may name a preset")
  func file() throws {
    let world = try TrainingWorld()
    try world.configure()
    try world.folder.write("preset: tiny\njoint: 32\n", to: "model.yaml")
    let outcome = try world.train(["--dry-run", "--set", "model=model.yaml"])
    #expect(outcome.code == 0, "\(outcome.all)")
    #expect(outcome.output.contains("48 px in patches of 8"), "\(outcome.all)")
  }
}
