import Checkpoints
import CoCaModel
import Foundation
import JSON

/// A model as open_clip's JSON describes it: a folder's `open_clip_config.json`, or `model_cfg`
/// alone, as in the files of open_clip's named models.
///
/// What this program does not compute is refused by its key, with the reason; keys that open_clip
/// does not know are refused as open_clip refuses them.
/// - Source: open_clip 3.3.0, `model.py`, `coca_model.py`, `transform.py`.
public struct OpenCLIPConfiguration: Sendable, Equatable {
  public static let fileName = "open_clip_config.json"
  private static let byteLimit = 1 << 20

  public internal(set) var model: ModelConfiguration
  /// Notices about keys that are lost without harm, since they have no meaning here.
  public private(set) var notices: [String] = []

  /// - Parameter clsMask: open_clip has no key for it; see `ModelConfiguration.CLSMask`.
  /// - Throws: `CheckpointError` where the file is not JSON, `ModelError` for what is refused.
  public init(file: URL, clsMask: ModelConfiguration.CLSMask) throws {
    let tree = try JSONReader.read(file: file.path, limit: Self.byteLimit)
    try self.init(tree, place: file.path, clsMask: clsMask)
  }

  /// - Parameter name: one of `OpenCLIPSource.names`.
  public init(name: String, clsMask: ModelConfiguration.CLSMask) throws(ModelError) {
    guard let preset = ModelConfiguration.preset(name), preset.layout == .openclip else {
      throw ModelError(
        name, .impossible("is not a model of open_clip's that this program knows"),
        remedy: "Name one of \(OpenCLIPSource.names.joined(separator: ", ")), or a JSON file")
    }
    model = preset
    model.text.clsMask = clsMask
  }

  /// - Parameter place: the file, for errors.
  public init(
    _ tree: JSONValue, place: String, clsMask: ModelConfiguration.CLSMask
  ) throws(ModelError) {
    let isFolders = tree["model_cfg"] != nil
    var top = try ConfigurationSection(
      isFolders ? tree["model_cfg"] : tree, path: isFolders ? "model_cfg" : "", place: place)
    model = Self.blank
    model.text.clsMask = clsMask
    try readTop(&top)
    var vision = try top.section("vision_cfg")
    try readVision(&vision)
    var text = try top.section("text_cfg")
    try readText(&text)
    var multimodal = try top.section("multimodal_cfg")
    try readMultimodal(&multimodal)
    try top.finish()
    if isFolders, let preprocess = tree["preprocess_cfg"], preprocess != .null {
      var section = try ConfigurationSection(preprocess, path: "preprocess_cfg", place: place)
      try readPreprocess(&section)
    }
    guard let fault = model.fault() else { return }
    throw ModelError(
      place, .impossible("describes an impossible model: \(fault)"), remedy: "Correct it")
  }

  /// A configuration into which every size is read.
  private static var blank: ModelConfiguration {
    guard let preset = ModelConfiguration.preset("coca_ViT-B-32") else {
      preconditionFailure("a preset that the model has")
    }
    return preset
  }

  private mutating func readTop(_ top: inout ConfigurationSection) throws(ModelError) {
    model.joint = try top.integer("embed_dim", else: nil)
    model.activation = try top.flag("quick_gelu", else: false) ? .quickGELU : .gelu
    try top.require(
      "custom_text", true, else: false, "without it open_clip builds a CLIP, not a CoCa")
    model.hasLogitBias = try top.optionalNumber("init_logit_bias") != nil
    try top.require("pad_id", 0, else: 0, "the loss and the masks take 0 for padding")
    top.ignore(["init_logit_scale", "nonscalar_logit_scale"])
  }

  private mutating func readVision(_ vision: inout ConfigurationSection) throws(ModelError) {
    try refuseTowers(&vision)
    model.image.size = try vision.extent("image_size", else: 224)
    model.image.patch = try vision.extent("patch_size", else: 16)
    model.image.width = try vision.integer("width", else: 768)
    model.image.layers = try vision.integer("layers", else: 12)
    let headWidth = try vision.integer("head_width", else: 64)
    model.image.heads = model.image.width / headWidth
    model.image.mlp = try mlp(&vision, width: model.image.width)
    model.image.layerScale = try vision.optionalNumber("ls_init_value")
    model.image.preNorm = try !vision.flag("no_ln_pre", else: false)
    try readPooler(&vision)
    if try vision.number("patch_dropout", else: 0) != 0 {
      notices.append("\(vision.key("patch_dropout")) is left out: no patches are dropped here")
    }
    try refuseVariants(&vision)
    try vision.require(
      "pos_embed_type", "learnable", else: "learnable", "positions are learned here")
    try vision.require(
      "pool_type", "tok", else: "tok", "the image's embedding comes from its first token")
    try vision.finish()
  }

  private mutating func readPooler(_ vision: inout ConfigurationSection) throws(ModelError) {
    let pool = vision.take("attentional_pool") ?? false
    guard pool == true || pool == false else {
      throw vision.error(
        "attentional_pool",
        "\(pool.text()) is not supported: two poolers fail in open_clip as it is")
    }
    model.poolers = pool == true ? .shared : .none
    model.image.queries = try vision.integer("attn_pooler_queries", else: 256)
    model.image.poolerHeads = try vision.integer("attn_pooler_heads", else: 8)
    let isLast = try vision.flag("final_ln_after_pool", else: false)
    if isLast, model.poolers == .none {
      throw vision.error(
        "final_ln_after_pool", "true is not supported: the patches are normalised too")
    }
  }

  private mutating func readText(_ text: inout ConfigurationSection) throws(ModelError) {
    try text.require("hf_model_name", .null, else: .null, "others' text towers are not imported")
    model.text.context = try text.integer("context_length", else: 77)
    model.text.vocabulary = try text.integer("vocab_size", else: 49_408)
    model.text.width = try text.integer("width", else: 512)
    model.text.heads = try text.integer("heads", else: 8)
    model.text.layers = try text.integer("layers", else: 12)
    model.text.mlp = try mlp(&text, width: model.text.width)
    model.text.layerScale = try text.optionalNumber("ls_init_value")
    try text.require("embed_cls", true, else: false, "a CoCa's text has a CLS of its own")
    try text.require("pad_id", 0, else: 0, "the loss and the masks take 0 for padding")
    try text.require("no_causal_mask", false, else: false, "a CoCa's text is causal")
    try text.require("proj_type", "linear", else: "linear", "the text's embedding is projected")
    try text.require("proj_bias", false, else: false, "projections have no bias here")
    try text.require("tokenizer_mode", .null, else: .null, "texts are cleaned in one way here")
    try text.require("tokenizer_kwargs", .null, else: .null, "texts are cleaned in one way here")
    if let name = text.take("hf_tokenizer_name"), name != .null {
      notices.append(
        "\(text.key("hf_tokenizer_name")) is left out: --tokenizer names the tokenizer's file")
    }
    try refuseVariants(&text)
    text.ignore([
      "eos_id", "pool_type", "final_ln_after_pool", "hf_model_pretrained", "hf_proj_type",
      "hf_pooler_type",
    ])
    try text.finish()
  }

  /// open_clip reads five of its keys; the others are there for other towers.
  private mutating func readMultimodal(
    _ multimodal: inout ConfigurationSection
  ) throws(ModelError) {
    model.multimodal.layers = try multimodal.integer("layers", else: 12)
    model.multimodal.heads = try multimodal.integer("heads", else: 8)
    model.multimodal.layerScale = try multimodal.optionalNumber("ls_init_value")
    let width = try multimodal.integer("width", else: 512)
    model.multimodal.mlp = 4 * width
    guard width == model.text.width else {
      throw multimodal.error("width", "\(width) differs from the text's \(model.text.width)")
    }
    let context = try multimodal.integer("context_length", else: 77)
    guard context >= model.text.context else {
      throw multimodal.error(
        "context_length", "\(context) is less than the text's \(model.text.context)")
    }
    multimodal.ignore(Self.textKeys + ["dim_head", "n_queries", "attn_pooler_heads"])
    try multimodal.finish()
  }
}
