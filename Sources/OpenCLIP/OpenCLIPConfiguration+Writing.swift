import Checkpoints
import CoCaModel
import JSON

extension OpenCLIPConfiguration {
  /// The `open_clip_config.json` of a model, from which open_clip builds the same model.
  ///
  /// It has no key for the CLS mask: for the correct mask, a line of Python sets it.
  /// - Parameter place: the checkpoint, for errors.
  /// - Throws: `ModelError` for a model that open_clip cannot build.
  public static func json(
    of model: ModelConfiguration, place: String
  ) throws(ModelError) -> JSONValue {
    try check(model, place: place)
    var whole: [String: JSONValue] = [
      "embed_dim": .integer(model.joint),
      "quick_gelu": .bool(model.activation == .quickGELU),
      "custom_text": true,
      "vision_cfg": try vision(model, place: place),
      "text_cfg": try text(model, place: place),
      "multimodal_cfg": .object(multimodal(model)),
    ]
    // Any number makes open_clip build the bias, which the weights then fill.
    if model.hasLogitBias { whole["init_logit_bias"] = -10 }
    return [
      "model_cfg": .object(whole),
      "preprocess_cfg": .object(preprocess(model.image)),
    ]
  }

  private static func check(
    _ model: ModelConfiguration, place: String
  ) throws(ModelError) {
    guard model.layout == .openclip else {
      throw ModelError(
        place,
        .mismatch(
          "its layout is \(model.layout.rawValue): open_clip's CoCa has no place for its poolers, "
            + "and wants tensors that it does not have"),
        remedy: "Export it with --format pytorch, or train with layout openclip")
    }
    guard model.heads == .coca else {
      throw ModelError(
        place,
        .mismatch(
          "it has the \(model.heads.names) head alone, and open_clip's CoCa is a whole one"),
        remedy: "Export it with --format pytorch")
    }
    guard model.attentionSets == .standard else {
      throw ModelError(
        place,
        .mismatch(
          "it has \(model.attentionSets.names) self-attention, and open_clip's CoCa has one set of "
            + "weights"),
        remedy: "Export it with --format pytorch")
    }
    guard model.multimodal.mlp == 4 * model.text.width else {
      throw ModelError(
        place,
        .mismatch(
          "multimodal.mlp is \(model.multimodal.mlp); open_clip's is always four times the width, "
            + "\(4 * model.text.width)"),
        remedy: "Export it with --format pytorch")
    }
  }

  private static func vision(
    _ model: ModelConfiguration, place: String
  ) throws(ModelError) -> JSONValue {
    let image = model.image
    var members: [String: JSONValue] = [
      "image_size": size(image.size), "patch_size": size(image.patch),
      "width": .integer(image.width), "layers": .integer(image.layers),
      "head_width": .integer(image.width / image.heads),
      "mlp_ratio": try ratio(image.mlp, to: image.width, place: place),
      "output_tokens": true,
    ]
    if model.poolers == .shared {
      members["attentional_pool"] = true
      members["attn_pooler_queries"] = .integer(image.queries)
      members["attn_pooler_heads"] = .integer(image.poolerHeads ?? image.heads)
    }
    if !image.preNorm { members["no_ln_pre"] = true }
    members["ls_init_value"] = image.layerScale.map(JSONValue.number)
    return .object(members)
  }

  private static func text(
    _ model: ModelConfiguration, place: String
  ) throws(ModelError) -> JSONValue {
    let text = model.text
    var members: [String: JSONValue] = [
      "context_length": .integer(text.context), "vocab_size": .integer(text.vocabulary ?? 0),
      "width": .integer(text.width), "heads": .integer(text.heads),
      "layers": .integer(text.layers),
      "mlp_ratio": try ratio(text.mlp, to: text.width, place: place),
      "embed_cls": true, "output_tokens": true,
    ]
    members["ls_init_value"] = text.layerScale.map(JSONValue.number)
    return .object(members)
  }

  private static func multimodal(_ model: ModelConfiguration) -> [String: JSONValue] {
    var members: [String: JSONValue] = [
      "context_length": .integer(model.text.context),
      "vocab_size": .integer(model.text.vocabulary ?? 0), "width": .integer(model.text.width),
      "heads": .integer(model.multimodal.heads), "layers": .integer(model.multimodal.layers),
    ]
    members["ls_init_value"] = model.multimodal.layerScale.map(JSONValue.number)
    return members
  }

  private static func preprocess(_ image: ModelConfiguration.Image) -> [String: JSONValue] {
    let fit: JSONValue =
      switch image.fit {
      case .crop: "shortest"
      case .pad: "longest"
      case .squash: "squash"
      }
    return [
      "mean": .array(image.mean.map(decimal)), "std": .array(image.std.map(decimal)),
      "interpolation": .string(image.interpolation.rawValue), "resize_mode": fit,
    ]
  }

  private static func size(_ extent: ModelConfiguration.Extent) -> JSONValue {
    extent.height == extent.width
      ? .integer(extent.height) : [.integer(extent.height), .integer(extent.width)]
  }

  /// The shortest decimal number that gives this float.
  private static func decimal(_ value: Float) -> JSONValue {
    .number(Double("\(value)") ?? Double(value))
  }

  /// A ratio for which `int(width * ratio)` is the wanted width.
  private static func ratio(
    _ hidden: Int, to width: Int, place: String
  ) throws(ModelError) -> JSONValue {
    let ratio = Double(hidden) / Double(width)
    let fitting = [ratio, ratio.nextUp].first { Int(Double(width) * $0) == hidden }
    guard let fitting else {
      throw ModelError(
        place, .mismatch("no mlp_ratio makes \(hidden) of the width \(width)"),
        remedy: "Export it with --format pytorch")
    }
    return .number(fitting)
  }
}
