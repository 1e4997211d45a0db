import Checkpoints
import CoCaModel
import Foundation
import JSON
import OpenCLIP
import TestSupport
import Testing

@Suite("open_clip's configuration")
struct OpenCLIPConfigurationTests {
  /// The published coca_ViT-B-32, key by key.
  private static let published: JSONValue = [
    "embed_dim": 512,
    "vision_cfg": [
      "image_size": 224, "layers": 12, "width": 768, "patch_size": 32, "attentional_pool": true,
      "attn_pooler_heads": 8, "output_tokens": true,
    ],
    "text_cfg": [
      "context_length": 76, "vocab_size": 49408, "width": 512, "heads": 8, "layers": 12,
      "embed_cls": true, "output_tokens": true,
    ],
    "multimodal_cfg": [
      "context_length": 76, "vocab_size": 49408, "width": 512, "heads": 8, "layers": 12,
      "attn_pooler_heads": 8,
    ],
    "custom_text": true,
  ]

  private func read(_ tree: JSONValue) throws -> OpenCLIPConfiguration {
    try OpenCLIPConfiguration(tree, place: "x.json", clsMask: .legacy)
  }

  @Test("the published model is the preset of its name, legacy mask and all")
  func preset() throws {
    let named = try OpenCLIPConfiguration(name: "coca_ViT-B-32", clsMask: .legacy)
    #expect(try read(Self.published) == named)
    #expect(named.model.text.clsMask == .legacy && named.notices.isEmpty)
    let folder: JSONValue = ["model_cfg": Self.published, "preprocess_cfg": .null]
    #expect(try read(folder) == named)
    #expect(throws: ModelError.self) { try OpenCLIPConfiguration(name: "base", clsMask: .legacy) }
  }

  @Test("keys that are absent mean what they mean in open_clip")
  func defaults() throws {
    let shape = try read([
      "embed_dim": 16, "custom_text": true, "vision_cfg": ["output_tokens": true, "width": 512],
      "text_cfg": ["embed_cls": true, "output_tokens": true], "multimodal_cfg": [:],
    ]).model
    #expect(shape.image.size == 224 && shape.image.patch == 16 && shape.image.heads == 8)
    #expect(shape.image.layers == 12 && shape.image.mlp == 2048 && shape.image.preNorm)
    #expect(shape.text.context == 77 && shape.text.vocabulary == 49408 && shape.text.heads == 8)
    #expect(shape.multimodal.layers == 12 && shape.multimodal.mlp == 2048)
    #expect(shape.poolers == .none && shape.activation == .gelu && shape.image.layerScale == nil)
  }

  @Test(
    "what is not supported is refused by its key, with the reason",
    arguments: [
      ("vision_cfg.attentional_pool", "cascade", "two poolers"),
      ("vision_cfg.attentional_pool", "parallel", "two poolers"),
      ("vision_cfg.timm_model_name", "vit_base", "timm"),
      ("vision_cfg.layers", [3, 4, 6, 3], "not a whole number"),
      ("vision_cfg.pos_embed_type", "sin_cos_2d", "learned"),
      ("vision_cfg.pool_type", "avg", "first token"),
      ("vision_cfg.norm_kwargs", ["eps": .number(1e-6)], "epsilon"),
      ("vision_cfg.act_kwargs", ["approximate": "tanh"], "settings"),
      ("vision_cfg.qk_norm", true, "no place"), ("vision_cfg.block_type", "custom", "names"),
      ("vision_cfg.output_tokens", false, "tokens"),
      ("vision_cfg.attn_pooler_queries", 1, "at least 2"),
      ("vision_cfg.width", "wide", "not a whole number"),
      ("vision_cfg.head_width", 1000, "is not between"), ("vision_cfg.width", 0, "above 0"),
      ("vision_cfg.image_size", [224], "neither a size"),
      ("vision_cfg.mlp_ratio", .number(1e300), "no width"),
      ("vision_cfg.ls_init_value", "small", "neither a number"),
      ("vision_cfg.no_ln_pre", 1, "neither true nor false"),
      ("text_cfg.hf_model_name", "roberta-base", "others"),
      ("text_cfg.embed_cls", false, "CLS"), ("text_cfg.pad_id", 1, "padding"),
      ("text_cfg.no_causal_mask", true, "causal"), ("text_cfg.proj_bias", true, "no bias"),
      ("text_cfg.proj_type", "none", "projected"), ("text_cfg.scale_heads", true, "no place"),
      ("text_cfg.tokenizer_kwargs", ["clean": "whitespace"], "cleaned"),
      ("text_cfg.heads", 7, "does not divide"), ("text_cfg.width", 768, "differs from"),
      ("multimodal_cfg.width", 256, "differs from the text's"),
      ("multimodal_cfg.context_length", 60, "less than the text's"),
      ("multimodal_cfg.latent_dim", 512, "not a key that open_clip knows"),
      ("vision_cfg.correct_cls_mask", true, "not a key that open_clip knows"),
      ("custom_text", false, "builds a CLIP"),
      ("init_logit_bias", "x", "neither a number nor null"),
      ("pad_id", 1, "padding"), ("nonsense", 1, "not a key that open_clip knows"),
      ("embed_dim", .null, "not a whole number"),
    ] as [(String, JSONValue, String)])
  func refusals(path: String, value: JSONValue, reason: String) {
    let error = #expect(throws: ModelError.self) { try read(changed(path, to: value)) }
    let text = "\(error.map(String.init(describing:)) ?? "")"
    #expect(text.hasPrefix("x.json: ") && text.contains(reason), "\(text)")
    let isFault = ["at least 2", "does not divide", "differs from", "is not between"].contains(reason)
    #expect(isFault || text.contains("\(path): "), "\(text)")
  }

  @Test("keys that change nothing in a CoCa are let pass, and what is lost is told")
  func harmless() throws {
    let ignored: [(String, JSONValue)] = [
      ("vision_cfg.final_ln_after_pool", true), ("vision_cfg.timm_pool", "avg"),
      ("vision_cfg.norm_kwargs", [:]), ("vision_cfg.block_type", "default"),
      ("text_cfg.pool_type", "last"), ("text_cfg.eos_id", 5), ("text_cfg.norm_kwargs", .null),
      ("multimodal_cfg.mlp_ratio", 2), ("multimodal_cfg.dim_head", 3),
      ("multimodal_cfg.n_queries", 1), ("init_logit_scale", .number(2)),
      ("nonscalar_logit_scale", true),
    ]
    let plain = try read(Self.published)
    for (path, value) in ignored { #expect(try read(changed(path, to: value)) == plain, "\(path)") }
    for (path, value): (String, JSONValue) in [
      ("vision_cfg.patch_dropout", .number(0.5)), ("text_cfg.hf_tokenizer_name", "x"),
    ] {
      let found = try read(changed(path, to: value))
      #expect(found.model == plain.model && found.notices.count == 1)
      #expect(found.notices.first?.contains(path) == true)
    }
  }

  @Test("sections that are missing or no mappings are errors")
  func sections() {
    for path in ["vision_cfg", "text_cfg", "multimodal_cfg"] {
      #expect(throws: ModelError.self) { try read(changed(path, to: 3)) }
      #expect(throws: ModelError.self) { try read(changed(path, to: nil)) }
    }
    for tree in [3, [], .null, ["model_cfg": 1]] as [JSONValue] {
      #expect(throws: ModelError.self) { try read(tree) }
    }
  }

  @Test("preprocessing is read, unknown keys passed over, what cannot be done refused")
  func preprocess() throws {
    func image(_ keys: JSONValue) throws -> ModelConfiguration.Image {
      try read(["model_cfg": Self.published, "preprocess_cfg": keys]).model.image
    }
    let half: JSONValue = [.number(0.5), .number(0.5), .number(0.5)]
    let found = try image([
      "mean": half, "std": half, "interpolation": "bilinear", "resize_mode": "squash",
      "size": [1, 2], "fill_color": 7, "unheard_of": 1,
    ])
    #expect(found.mean == [0.5, 0.5, 0.5] && found.std == found.mean)
    #expect(found.interpolation == .bilinear && found.fit == .squash && found.size == 224)
    #expect(try image(["resize_mode": "longest", "interpolation": "random"]).fit == .pad)
    #expect(try image(["mean": .null, "mode": "RGB"]).mean.count == 3)
    for keys: JSONValue in [
      ["mean": [1, 2]], ["std": [0, 1, 1]], ["interpolation": "nearest"], ["mode": "L"],
      ["resize_mode": "keep"], ["resize_mode": "longest", "fill_color": 255], ["mean": "x"],
    ] { #expect(throws: ModelError.self) { try image(keys) } }
  }

  @Test("what is written is read again the same, whatever the model")
  func roundTrip() throws {
    var shapes = try Fixture.models() + OpenCLIPSource.names.compactMap(ModelConfiguration.preset)
    for (fit, interpolation) in [
      (ModelConfiguration.Fit.pad, ModelConfiguration.Interpolation.bilinear), (.squash, .bicubic),
    ] {
      shapes[0].image.fit = fit
      shapes[0].image.interpolation = interpolation
      shapes.append(shapes[0])
    }
    for shape in shapes {
      let written = try OpenCLIPConfiguration.json(of: shape, place: "test")
      let mask = shape.text.clsMask
      let found = try OpenCLIPConfiguration(written, place: "test", clsMask: mask)
      #expect(found.model == shape)
      #expect(found.notices.isEmpty)
    }
  }

  @Test("every width of a feed-forward layer has a ratio that gives it back")
  func ratios() throws {
    var shape = try Fixture.models()[2]
    for width in [24, 31, 768, 1408] {
      for hidden in 1...400 {
        (shape.image.width, shape.text.width, shape.joint) = (width, width, 16)
        (shape.image.heads, shape.text.heads, shape.multimodal.heads) = (1, 1, 1)
        (shape.image.mlp, shape.text.mlp, shape.multimodal.mlp) = (hidden, hidden, 4 * width)
        let written = try OpenCLIPConfiguration.json(of: shape, place: "test")
        let found = try OpenCLIPConfiguration(written, place: "test", clsMask: .legacy)
        #expect(found.model == shape, "\(hidden) of \(width)")
      }
    }
  }

  @Test("a model that open_clip cannot build is refused with the way out")
  func unwritable() throws {
    let paper = try #require(ModelConfiguration.preset("tiny"))
    var wide = try Fixture.models()[0]
    wide.multimodal.mlp += 1
    var second = try Fixture.models()[0]
    second.attentionSets = [.causal, .bidirectional]
    for (shape, reason) in [
      (paper, "its layout is paper"), (wide, "four times the width"),
      (second, "causal and bidirectional self-attention"),
    ] {
      let error = #expect(throws: ModelError.self) {
        try OpenCLIPConfiguration.json(of: shape, place: "test")
      }
      #expect(error?.description.contains(reason) == true)
      #expect(error?.description.contains("--format pytorch") == true)
    }
  }

  private func changed(_ path: String, to value: JSONValue?) -> JSONValue {
    let keys = path.split(separator: ".").map(String.init)
    var top = Self.published.object ?? [:]
    if keys.count == 1 {
      top[keys[0]] = value
    } else {
      var inner = top[keys[0]]?.object ?? [:]
      inner[keys[1]] = value
      top[keys[0]] = .object(inner)
    }
    return .object(top)
  }
}
