import Checkpoints
import CoCaModel

extension OpenCLIPConfiguration {
  /// All keys of open_clip's text towers.
  static let textKeys =
    [
      "context_length", "vocab_size", "hf_tokenizer_name", "tokenizer_mode", "tokenizer_kwargs",
      "width", "heads", "layers", "mlp_ratio", "ls_init_value", "embed_cls", "pad_id", "eos_id",
      "no_causal_mask", "final_ln_after_pool", "pool_type", "proj_bias", "proj_type",
      "output_tokens", "act_kwargs", "norm_kwargs", "block_type", "hf_model_name",
      "hf_model_pretrained", "hf_proj_type", "hf_pooler_type",
    ] + blockVariants

  private static let blockVariants = [
    "qk_norm", "scaled_cosine_attn", "scale_heads", "scale_attn_inner", "scale_attn", "scale_fc",
  ]

  /// Refuses towers that are not open_clip's own transformers.
  func refuseTowers(_ vision: inout ConfigurationSection) throws(ModelError) {
    try vision.require("timm_model_name", .null, else: .null, "timm's towers are not imported")
    vision.ignore([
      "timm_model_pretrained", "timm_pool", "timm_proj", "timm_proj_bias", "timm_drop",
      "timm_drop_path",
    ])
  }

  /// Refuses variants of either tower that this program does not have.
  func refuseVariants(_ tower: inout ConfigurationSection) throws(ModelError) {
    try tower.require(
      "output_tokens", true, else: false, "a CoCa's captions are made from the tower's tokens")
    try tower.require("norm_kwargs", .null, else: .null, "norms have an epsilon of 1e-5 here")
    try tower.require("act_kwargs", .null, else: .null, "activations have no settings here")
    if tower.take("block_type") ?? .null == "custom" {
      throw tower.error("block_type", "\"custom\" is not supported: its tensors have other names")
    }
    for variant in Self.blockVariants {
      try tower.require(variant, false, else: false, "its tensors have no place here")
    }
  }

  /// `int(width * mlp_ratio)`.
  func mlp(_ tower: inout ConfigurationSection, width: Int) throws(ModelError) -> Int {
    let ratio = try tower.number("mlp_ratio", else: 4)
    guard let hidden = Int(exactly: (Double(width) * ratio).rounded(.towardZero)) else {
      throw tower.error("mlp_ratio", "\(ratio) makes no width")
    }
    return hidden
  }

  /// open_clip ignores keys that it does not know here; so does this.
  mutating func readPreprocess(_ section: inout ConfigurationSection) throws(ModelError) {
    model.image.mean = try section.three("mean") ?? model.image.mean
    model.image.std = try section.three("std") ?? model.image.std
    try section.require("mode", "RGB", else: "RGB", "pictures have three colours")
    switch section.take("interpolation") ?? .null {
    case .null, "bicubic", "random": model.image.interpolation = .bicubic
    case "bilinear": model.image.interpolation = .bilinear
    case let other: throw section.error("interpolation", "\(other.text()) is not known")
    }
    switch section.take("resize_mode") ?? .null {
    case .null, "shortest": model.image.fit = .crop
    case "longest": model.image.fit = .pad
    case "squash": model.image.fit = .squash
    case let other: throw section.error("resize_mode", "\(other.text()) is not known")
    }
    let fill = section.take("fill_color") ?? .null
    guard fill == .null || fill == 0 || model.image.fit != .pad else {
      throw section.error("fill_color", "\(fill.text()) is not supported: padding is black")
    }
  }
}

extension ConfigurationSection {
  fileprivate mutating func three(_ name: String) throws(ModelError) -> [Float]? {
    guard let value = take(name), value != .null else { return nil }
    let numbers = (value.array ?? []).compactMap(\.double).map { Float($0) }
    guard numbers.count == 3, value.array?.count == 3 else {
      throw error(name, "\(value.text()) are not three numbers")
    }
    return numbers
  }
}
