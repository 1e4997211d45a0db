import CoCaModel
import Foundation
import Testing

@Suite("A model's configuration")
struct ModelConfigurationTests {
  private func decode(_ json: String) throws -> ModelConfiguration {
    try JSONDecoder().decode(ModelConfiguration.self, from: Data(json.utf8))
  }

  private func encode(_ shape: ModelConfiguration) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return String(decoding: try encoder.encode(shape), as: UTF8.self)
  }

  @Test("one from before the openclip layout means what it meant")
  func older() throws {
    let old = """
      {"image": {"fit": "squash", "heads": 3, "interpolation": "bilinear", "layers": 4,
       "mean": [0, 0.25, 0.5], "mlp": 384, "patch": 8, "queries": 16, "size": 48,
       "std": [1, 0.5, 2], "width": 96}, "joint": 96, "layout": "paper",
       "multimodal": {"heads": 3, "layers": 2, "mlp": 384}, "poolers": "parallel",
       "text": {"context": 32, "heads": 3, "layers": 2, "mlp": 384, "vocabulary": 3621,
       "width": 96}}
      """
    var expected = try #require(ModelConfiguration.preset("tiny"))
    (expected.poolers, expected.text.vocabulary) = (.parallel, 3621)
    (expected.image.fit, expected.image.interpolation) = (.squash, .bilinear)
    (expected.image.mean, expected.image.std) = ([0, 0.25, 0.5], [1, 0.5, 2])
    #expect(try decode(old) == expected)
    #expect(expected.activation == .gelu && expected.image.preNorm)
    #expect(expected.text.clsMask == .correct && expected.image.layerScale == nil)
  }

  @Test("every key is written and read again", arguments: ModelConfiguration.presetNames)
  func roundTrip(preset: String) throws {
    let shape = try #require(ModelConfiguration.preset(preset))
    #expect(try decode(encode(shape)) == shape)
    var odd = try SmallModel(.legacy).model.configuration
    (odd.image.fit, odd.image.resize, odd.image.interpolation) = (.pad, 1.25, .bilinear)
    (odd.image.mean, odd.image.std) = ([0, 0.25, 0.5], [1, 0.5, 2])
    #expect(try decode(encode(odd)) == odd)
  }

  @Test("a side is one number where height and width are the same, else both")
  func extents() throws {
    var shape = try #require(ModelConfiguration.preset("tiny"))
    #expect(try encode(shape).contains(#""size":48"#))
    shape.image.size = ModelConfiguration.Extent(height: 32, width: 48)
    #expect(try encode(shape).contains(#""size":[32,48]"#))
    #expect(shape.image.patches == 24 && shape.fault() == nil)
    for wrong in ["[]", "[32]", "[32,48,3]", #""32""#, "3.5", "1e30", "null"] {
      let json = try encode(shape).replacing("[32,48]", with: wrong)
      #expect(throws: DecodingError.self, "\(wrong)") { try decode(json) }
    }
  }

  @Test("what cannot be is named")
  func faults() throws {
    typealias Change = (inout ModelConfiguration) -> Void
    let changes: KeyValuePairs<String, (preset: String, change: Change)> = [
      "poolers: layout openclip": ("coca_base", { $0.poolers = .cascade }),
      "poolers: layout paper": ("tiny", { $0.poolers = .shared }),
      "image.pre_norm: for": ("tiny", { $0.image.preNorm = false }),
      "image.resize: for": ("coca_base", { $0.image.resize = 1.2 }),
      "image.resize: 0.9": ("tiny", { $0.image.resize = 0.9 }),
      "image.resize: nan": ("tiny", { $0.image.resize = .nan }),
      "text.cls_mask: for": ("tiny", { $0.text.clsMask = .legacy }),
      "image.queries: a shared": ("coca_ViT-B-32", { $0.image.queries = 1 }),
      "text.width: 1024 differs from joint, 512": ("coca_ViT-B-32", { $0.text.width = 1024 }),
      "text.width: 768 differs from image.width, 960": (
        "coca_base", { ($0.image.width, $0.image.heads) = (960, 12) }
      ),
      "image.pooler_heads: 5 does not divide the width 512": (
        "coca_ViT-B-32", { $0.image.poolerHeads = 5 }
      ),
      "image.pooler_heads: 5 does not divide the width 96": ("tiny", { $0.image.poolerHeads = 5 }),
      "image.pooler_heads: 0": ("tiny", { $0.image.poolerHeads = 0 }),
      "image.patch: larger": (
        "tiny", { $0.image.patch = ModelConfiguration.Extent(height: 8, width: 49) }
      ),
      "image.size: 8193": (
        "tiny", { $0.image.size = ModelConfiguration.Extent(height: 48, width: 8193) }
      ),
      "image.patch: 0": ("tiny", { $0.image.patch = 0 }),
      "multimodal.layer_scale: 1e+300": ("tiny", { $0.multimodal.layerScale = 1e300 }),
      "text.layer_scale: inf": ("tiny", { $0.text.layerScale = .infinity }),
    ]
    for (fault, (preset, change)) in changes {
      var shape = try #require(ModelConfiguration.preset(preset))
      change(&shape)
      let found = shape.fault() ?? "nothing"
      #expect(found.hasPrefix(fault), "\(fault): \(found)")
    }
  }
}
