import CoCaModel

/// The tensors of a CoCa's state dict in open_clip, in order, and where they are in this program's
/// model.
///
/// The order is that of `named_parameters()`, by which optimizers number their state.
/// - Source: open_clip 3.3.0, `transformer.py` and `coca_model.py`.
public struct OpenCLIPLayout: Sendable {
  public private(set) var tensors: [OpenCLIPTensor] = []

  /// - Precondition: layout `openclip` with a vocabulary, and without a fault.
  public init(_ configuration: ModelConfiguration) {
    precondition(configuration.layout == .openclip)
    add("logit_scale", [], "logitScale")
    if configuration.hasLogitBias { add("logit_bias", [], "logitBias") }
    addText(configuration)
    addVision(configuration)
    addDecoder(configuration)
  }

  public subscript(name: String) -> OpenCLIPTensor? { tensors.first { $0.name == name } }

  private mutating func addText(_ configuration: ModelConfiguration) {
    let text = configuration.text, width = text.width
    let vocabulary = text.vocabulary ?? 0
    add("text.cls_emb", [width], "unimodal.cls")
    add("text.positional_embedding", [text.context + 1, width], "unimodal.positions")
    addTransposed(
      "text.text_projection", [width, configuration.joint], "textProjection.weight")
    add("text.token_embedding.weight", [vocabulary, width], "unimodal.tokenTable")
    for layer in 0..<text.layers {
      addLayer(
        "text.transformer.resblocks.\(layer)", "unimodal.layers.\(layer)", width: width,
        mlp: text.mlp, hasScale: text.layerScale != nil)
    }
    addNorm("text.ln_final", "unimodal.norm", width)
  }

  private mutating func addVision(_ configuration: ModelConfiguration) {
    let image = configuration.image, width = image.width, joint = configuration.joint
    let isPooled = configuration.poolers == .shared
    add("visual.class_embedding", [width], "imageEncoder.classToken")
    add("visual.positional_embedding", [image.patches + 1, width], "imageEncoder.positions")
    addTransposed("visual.proj", [isPooled ? joint : width, joint], "imageProjection.weight")
    add(
      "visual.conv1.weight", [width, 3, image.patch.height, image.patch.width],
      "imageEncoder.patchEmbedding.weight")
    if image.preNorm { addNorm("visual.ln_pre", "imageEncoder.preNorm", width) }
    for layer in 0..<image.layers {
      addLayer(
        "visual.transformer.resblocks.\(layer)", "imageEncoder.layers.\(layer)", width: width,
        mlp: image.mlp, hasScale: image.layerScale != nil)
    }
    guard isPooled else { return addNorm("visual.ln_post", "imageEncoder.norm", width) }
    add("visual.attn_pool.query", [image.queries, joint], "pooler.queries")
    addAttention("visual.attn_pool.attn", "pooler.attention", width: joint, context: width)
    addNorm("visual.attn_pool.ln_q", "pooler.queryNorm", joint)
    addNorm("visual.attn_pool.ln_k", "pooler.inputNorm", width)
    addNorm("visual.ln_post", "pooler.outputNorm", joint)
  }

  private mutating func addDecoder(_ configuration: ModelConfiguration) {
    let multimodal = configuration.multimodal, width = configuration.text.width
    let hasScale = multimodal.layerScale != nil
    addTransposed(
      "text_decoder.text_projection", [width, configuration.text.vocabulary ?? 0],
      "vocabularyProjection")
    for layer in 0..<multimodal.layers {
      addBlock(
        "text_decoder.resblocks.\(layer)", "multimodal.layers.\(layer)", Parts(
          attentionNorm: "attentionNorm", attention: "attention", attentionScale: "attentionScale",
          imageNorm: nil, mlpNorm: "wordMLPNorm", mlp: "wordMLP", mlpScale: "wordMLPScale"),
        width: width, mlp: multimodal.mlp, hasScale: hasScale)
    }
    for layer in 0..<multimodal.layers {
      addBlock(
        "text_decoder.cross_attn.\(layer)", "multimodal.layers.\(layer)", Parts(
          attentionNorm: "crossNorm", attention: "crossAttention", attentionScale: "crossScale",
          imageNorm: "imageNorm", mlpNorm: "mlpNorm", mlp: "mlp", mlpScale: "mlpScale"),
        width: width, mlp: multimodal.mlp, hasScale: hasScale)
    }
    addNorm("text_decoder.ln_final", "multimodal.norm", width)
  }
}

extension OpenCLIPLayout {
  /// The names, in this program, of the parts of one of open_clip's residual blocks.
  private struct Parts {
    let attentionNorm, attention, attentionScale: String
    let imageNorm: String?
    let mlpNorm, mlp, mlpScale: String
  }

  private mutating func add(_ name: String, _ shape: [Int], _ parameters: String...) {
    tensors.append(OpenCLIPTensor(name, shape, parameters))
  }

  private mutating func addTransposed(_ name: String, _ shape: [Int], _ parameter: String) {
    tensors.append(OpenCLIPTensor(name, shape, [parameter], isTransposed: true))
  }

  private mutating func addNorm(_ name: String, _ ours: String, _ width: Int) {
    add("\(name).weight", [width], "\(ours).gain")
    add("\(name).bias", [width], "\(ours).bias")
  }

  private mutating func addLinear(_ name: String, _ ours: String, from input: Int, to output: Int) {
    add("\(name).weight", [output, input], "\(ours).weight")
    add("\(name).bias", [output], "\(ours).bias")
  }

  /// torch keeps the three projections in one tensor where all of them read vectors of one width.
  private mutating func addAttention(_ name: String, _ ours: String, width: Int, context: Int) {
    let query = "\(ours).query", key = "\(ours).key", value = "\(ours).value"
    if context == width {
      add(
        "\(name).in_proj_weight", [3 * width, width], "\(query).weight", "\(key).weight",
        "\(value).weight")
    } else {
      add("\(name).q_proj_weight", [width, width], "\(query).weight")
      add("\(name).k_proj_weight", [width, context], "\(key).weight")
      add("\(name).v_proj_weight", [width, context], "\(value).weight")
    }
    add("\(name).in_proj_bias", [3 * width], "\(query).bias", "\(key).bias", "\(value).bias")
    addLinear("\(name).out_proj", "\(ours).output", from: width, to: width)
  }

  /// A layer of a tower.
  private mutating func addLayer(
    _ name: String, _ ours: String, width: Int, mlp: Int, hasScale: Bool
  ) {
    let parts = Parts(
      attentionNorm: "attentionNorm", attention: "attention", attentionScale: "attentionScale",
      imageNorm: nil, mlpNorm: "mlpNorm", mlp: "mlp", mlpScale: "mlpScale")
    addBlock(name, ours, parts, width: width, mlp: mlp, hasScale: hasScale)
  }

  private mutating func addBlock(
    _ name: String, _ ours: String, _ parts: Parts, width: Int, mlp: Int, hasScale: Bool
  ) {
    addNorm("\(name).ln_1", "\(ours).\(parts.attentionNorm)", width)
    addAttention("\(name).attn", "\(ours).\(parts.attention)", width: width, context: width)
    if hasScale { add("\(name).ls_1.gamma", [width], "\(ours).\(parts.attentionScale)") }
    if let imageNorm = parts.imageNorm { addNorm("\(name).ln_1_kv", "\(ours).\(imageNorm)", width) }
    addNorm("\(name).ln_2", "\(ours).\(parts.mlpNorm)", width)
    addLinear("\(name).mlp.c_fc", "\(ours).\(parts.mlp).hidden", from: width, to: mlp)
    addLinear("\(name).mlp.c_proj", "\(ours).\(parts.mlp).output", from: mlp, to: width)
    if hasScale { add("\(name).ls_2.gamma", [width], "\(ours).\(parts.mlpScale)") }
  }
}
