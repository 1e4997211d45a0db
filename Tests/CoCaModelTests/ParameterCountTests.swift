import CoCaModel
import Testing

@Suite("Parameter counts")
struct ParameterCountTests {
  /// The paper's Table 1 counts neither poolers nor the projections into the joint space.
  @Test(
    "base, large and giant have the paper's sizes, without allocating a weight",
    arguments: [("base", 86.0, 297.0, 0.5), ("large", 303, 484, 0.7), ("giant", 1011, 1180, 2)])
  func paperSizes(name: String, encoder: Double, decoder: Double, tolerance: Double) throws {
    let model = CoCa(try #require(.preset(name)), vocabularySize: 64_000)
    func millions(_ prefixes: [String]) -> Double {
      let counted = model.parameters.parameters.filter { parameter in
        prefixes.contains { parameter.name.hasPrefix($0) }
      }
      return Double(counted.reduce(0) { $0 + $1.count }) / 1e6
    }
    #expect(abs(millions(["imageEncoder."]) - encoder) < tolerance)
    let parts = ["unimodal.", "multimodal.", "vocabularyProjection"]
    #expect(abs(millions(parts) - decoder) < tolerance)
    #expect(model.parameters.values.count == 0)
  }

  /// open_clip keeps a fused attention's queries, keys and values in 2 tensors, ours in 6; of a
  /// pooler whose input has another width only the biases are fused.
  @Test(
    "open_clip's models have its tensors and parameters, without allocating a weight",
    arguments: [
      ("coca_ViT-B-32", 629, 253_560_065, 48, true), ("coca_ViT-L-14", 773, 638_450_177, 60, true),
      ("coca_base", 618, 440_337_409, 48, false),
    ])
  func openCLIPSizes(
    name: String, tensors: Int, parameters: Int, attentions: Int, hasPooler: Bool
  ) throws {
    let model = CoCa(try #require(.preset(name)), vocabularySize: 0)
    #expect(model.parameters.count == parameters)
    #expect(model.parameters.parameters.count == tensors + 4 * attentions + (hasPooler ? 2 : 0))
    #expect(model.parameters.values.count == 0)
  }

  @Test("every preset is possible", arguments: ModelConfiguration.presetNames)
  func presets(name: String) throws {
    #expect(try #require(ModelConfiguration.preset(name)).fault() == nil)
  }
}
