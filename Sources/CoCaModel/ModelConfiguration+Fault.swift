extension ModelConfiguration {
  private static let limits = [
    "image.size": 8192, "image.layers": 1024, "text.layers": 1024, "multimodal.layers": 1024,
    "text.vocabulary": 1 << 24,
  ]

  /// Why no model can have this shape, such as "image.heads: 5 does not divide the width 96"; nil
  /// if it is possible.
  public func fault() -> String? {
    sizeFault() ?? layoutFault() ?? headsFault() ?? valueFault()
  }

  private func sizeFault() -> String? {
    let sizes = [
      ("joint", joint), ("image.size", image.size.height), ("image.size", image.size.width),
      ("image.patch", image.patch.height), ("image.patch", image.patch.width),
      ("image.width", image.width), ("image.heads", image.heads), ("image.layers", image.layers),
      ("image.mlp", image.mlp), ("image.queries", image.queries),
      ("image.pooler_heads", image.poolerHeads ?? 1), ("text.context", text.context),
      ("text.vocabulary", text.vocabulary ?? 1), ("text.width", text.width),
      ("text.heads", text.heads), ("text.layers", text.layers), ("text.mlp", text.mlp),
      ("multimodal.layers", multimodal.layers), ("multimodal.heads", multimodal.heads),
      ("multimodal.mlp", multimodal.mlp),
    ]
    for (name, size) in sizes {
      let limit = Self.limits[name] ?? 65_536
      if !(1...limit).contains(size) { return "\(name): \(size) is not between 1 and \(limit)" }
    }
    if image.patch.height > image.size.height || image.patch.width > image.size.width {
      return "image.patch: larger than the image"
    }
    if heads.isEmpty { return "heads: there are none, so there is nothing to learn" }
    if !attentionSets.contains(.causal) {
      return "attention_sets: causal is missing, which generates captions"
    }
    let classifies = heads.contains(.classification)
    if classifies != (classes != nil) || classes.map(\.names.isEmpty) == true {
      return "classes: \(classifies ? "there are none" : "no head reads them")"
    }
    if textPasses == .two {
      if layout != .paper { return "text_passes: two for layout paper only" }
      if !heads.isSuperset(of: .coca) { return "text_passes: two need both losses' heads" }
    }
    if text.context < 3 { return "text.context: \(text.context) leaves no room for a word" }
    return nil
  }

  private func layoutFault() -> String? {
    let offered: [PoolerArrangement] =
      layout == .paper ? [.cascade, .parallel, .none] : [.shared, .none]
    guard offered.contains(poolers) else {
      let names = offered.map(\.rawValue).joined(separator: ", ")
      return "poolers: layout \(layout.rawValue) has one of \(names), not \(poolers.rawValue)"
    }
    if layout == .paper {
      if !image.preNorm { return "image.pre_norm: for layout openclip only" }
      if text.clsMask != .correct { return "text.cls_mask: for layout openclip only" }
      return nil
    }
    if image.resize != nil { return "image.resize: for layout paper only" }
    if poolers == .shared, image.queries < 2 {
      return "image.queries: a shared pooler has at least 2, one of them contrastive"
    }
    let width = imageTokens.width
    guard text.width == width else {
      let source = poolers == .shared ? "joint" : "image.width"
      return "text.width: \(text.width) differs from \(source), \(width); layout openclip has no "
        + "projection between them"
    }
    return nil
  }

  private func headsFault() -> String? {
    let pooled = poolers == .shared ? joint : image.width
    let pools = layout == .paper || poolers == .shared
    for (name, heads, width) in [
      ("image.heads", image.heads, image.width), ("text.heads", text.heads, text.width),
      ("multimodal.heads", multimodal.heads, text.width),
      ("image.pooler_heads", pools ? image.poolerHeads ?? image.heads : 1, pooled),
    ] where width % heads != 0 { return "\(name): \(heads) does not divide the width \(width)" }
    return nil
  }

  private func valueFault() -> String? {
    for (name, values, range) in [
      ("image.mean", image.mean, Self.meanRange), ("image.std", image.std, Self.stdRange),
    ] where values.count != 3 || !values.allSatisfy({ range.contains($0) }) {
      return "\(name): \(values) are not three numbers from \(range.lowerBound) to "
        + "\(range.upperBound)"
    }
    if let resize = image.resize, !(1...4).contains(resize) {
      return "image.resize: \(resize) is not between 1 and 4"
    }
    for (name, scale) in [
      ("image", image.layerScale), ("text", text.layerScale),
      ("multimodal", multimodal.layerScale),
    ] {
      guard let scale, !(scale >= 0 && Float(scale).isFinite) else { continue }
      return "\(name).layer_scale: \(scale) is no float32 of at least 0"
    }
    return nil
  }
}
