import JSON
import RunFile

extension ModelConfiguration {
  static let meanRange: ClosedRange<Float> = -1000...1000
  static let stdRange: ClosedRange<Float> = 0.001...1000

  /// Every key of a configuration, as it is written in files.
  public static let keys: [TreeKey] = [
    TreeKey("layout", .kept(Kind<Layout>.choice), "the paper's model, or open_clip's"),
    TreeKey("joint", .whole, "dimensions of the embeddings of pictures and texts"),
    TreeKey("poolers", .kept(Kind<PoolerArrangement>.choice), """
      what the contrastive pooler reads, and whether there is a caption pooler
      """),
    TreeKey("activation", .kept(Kind<Activation>.choice), "of the feed-forward layers"),
    TreeKey("image", .tree(imageKeys), "the image encoder and its poolers"),
    TreeKey("text", .tree(textKeys), "the unimodal half of the text decoder"),
    TreeKey("multimodal", .tree(layerKeys), "the multimodal half, as wide as the unimodal half"),
  ]

  private static let imageKeys: [TreeKey] = [
    TreeKey("size", .extent, "pixels of a picture"),
    TreeKey("patch", .extent, "pixels of a patch"),
    TreeKey("width", .whole, "width of the layers"),
    TreeKey("pooler_heads", .orNull(.whole), "heads of the poolers' attention; null: as `heads`"),
    TreeKey("queries", .whole, "queries of the caption pooler"),
    TreeKey("pre_norm", .flag, "a layer norm before the first layer; layout openclip only"),
    TreeKey("fit", .kept(Kind<Fit>.choice), "how a picture of another shape is fitted to the size"),
    TreeKey("resize", .orNull(.number), """
      evaluated pictures are resized to so many times the size and cropped to their middle; null: 1
      """),
    TreeKey("mean", .colours(meanRange), "mean of red, green and blue, from 0 to 1"),
    TreeKey("std", .colours(stdRange), "standard deviation of red, green and blue, from 0 to 1"),
    TreeKey("interpolation", .kept(Kind<Interpolation>.choice), "how pictures are resized"),
  ] + layerKeys

  private static let textKeys: [TreeKey] = [
    TreeKey("context", .whole, "the most ids of a caption, start and end included"),
    TreeKey("vocabulary", .orNull(.whole), "rows of the token table; null: the tokenizer's"),
    TreeKey("width", .whole, "width of both halves"),
    TreeKey("cls_mask", .kept(Kind<CLSMask>.choice), "what the CLS can see; layout openclip only"),
  ] + layerKeys

  /// The keys that all three have.
  private static let layerKeys: [TreeKey] = [
    TreeKey("layers", .whole, "how many layers"),
    TreeKey("heads", .whole, "attention heads of a layer"),
    TreeKey("mlp", .whole, "width of the feed-forward layers"),
    TreeKey("layer_scale", .orNull(.number), """
      start value of the learned weights that scale each residual branch; null: no such weights
      """),
  ]
}

extension Kind where Value == JSONValue {
  fileprivate static var whole: Kind { .normal(Kind<Int>.whole) }
  fileprivate static var number: Kind { .kept(Kind<Double>.number) }
  fileprivate static var flag: Kind { .kept(Kind<Bool>.flag) }

  /// A whole number, or `[height, width]`.
  fileprivate static var extent: Kind {
    Kind(
      "a whole number or [height, width]",
      parse: { reading in
        guard let items = reading.node.items else { return reading.node.whole.map { .integer($0) } }
        let sides = items.compactMap(\.whole)
        guard items.count == 2, sides.count == 2 else { return nil }
        return .array(sides.map { .integer($0) })
      })
  }

  /// One number each for red, green and blue.
  fileprivate static func colours(_ range: ClosedRange<Float>) -> Kind {
    Kind(
      "three numbers from \(range.lowerBound) to \(range.upperBound)",
      parse: { reading in
        let items = reading.node.items ?? []
        let numbers = items.compactMap(\.number).filter { range.contains(Float($0)) }
        return items.count == 3 && numbers.count == 3 ? reading.node.json : nil
      })
  }
}
