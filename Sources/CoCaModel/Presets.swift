extension ModelConfiguration {
  /// Names of the presets, smallest first, open_clip's at the end.
  public static let presetNames = [
    "tiny", "small", "base", "large", "giant", "coca_ViT-B-32", "coca_ViT-L-14", "coca_base",
  ]

  /// The paper's three models, two small ones with the same parts, and three of open_clip's.
  /// - Source: CoCa (arXiv 2205.01917) Table 1, with 64,000 rows as its parameter counts imply;
  ///   open_clip 3.3.0's model configurations of the same names.
  public static func preset(_ name: String) -> ModelConfiguration? {
    switch name {
    case "tiny":
      return paper(
        size: 48, patch: 8, width: 96, heads: 3, encoderLayers: 4, encoderMLP: 384, queries: 16,
        context: 32, vocabulary: nil, decoderLayers: 2, decoderMLP: 384, joint: 96)
    case "small":
      return paper(
        size: 112, patch: 14, width: 384, heads: 6, encoderLayers: 8, encoderMLP: 1536,
        queries: 64, context: 64, vocabulary: nil, decoderLayers: 4, decoderMLP: 1536, joint: 384)
    case "base":
      return paper(
        width: 768, heads: 12, encoderLayers: 12, encoderMLP: 3072, decoderLayers: 12,
        decoderMLP: 3072, joint: 512)
    case "large":
      return paper(
        width: 1024, heads: 16, encoderLayers: 24, encoderMLP: 4096, decoderLayers: 12,
        decoderMLP: 4096, joint: 768)
    case "giant":
      return paper(
        width: 1408, heads: 16, encoderLayers: 40, encoderMLP: 6144, decoderLayers: 18,
        decoderMLP: 5632, joint: 1024)
    case "coca_ViT-B-32":
      return openclip(
        patch: 32, width: 768, heads: 12, encoderLayers: 12, poolers: .shared, textWidth: 512,
        textHeads: 8, joint: 512)
    case "coca_ViT-L-14":
      return openclip(
        patch: 14, width: 1024, heads: 16, encoderLayers: 24, poolers: .shared, textWidth: 768,
        textHeads: 12, joint: 768)
    case "coca_base":
      return openclip(
        size: 288, patch: 18, width: 768, heads: 12, encoderLayers: 12, poolers: .none,
        vocabulary: 64_000, textWidth: 768, textHeads: 12, joint: 512)
    default: return nil
    }
  }

  /// - Parameter decoderLayers: layers of each half of the text decoder.
  private static func paper(
    size: Extent = 288, patch: Extent = 18, width: Int, heads: Int, encoderLayers: Int,
    encoderMLP: Int, queries: Int = 256, context: Int = 64, vocabulary: Int? = 64_000,
    decoderLayers: Int, decoderMLP: Int, joint: Int
  ) -> ModelConfiguration {
    ModelConfiguration(
      joint: joint,
      image: Image(
        size: size, patch: patch, width: width, heads: heads, layers: encoderLayers,
        mlp: encoderMLP, queries: queries),
      text: Text(
        context: context, vocabulary: vocabulary, width: width, heads: heads,
        layers: decoderLayers, mlp: decoderMLP),
      multimodal: Multimodal(layers: decoderLayers, heads: heads, mlp: decoderMLP))
  }

  /// - Parameter textHeads: attention heads of both halves, which have 12 layers each.
  private static func openclip(
    size: Extent = 224, patch: Extent, width: Int, heads: Int, encoderLayers: Int,
    poolers: PoolerArrangement, vocabulary: Int = 49_408, textWidth: Int, textHeads: Int, joint: Int
  ) -> ModelConfiguration {
    ModelConfiguration(
      layout: .openclip, joint: joint, poolers: poolers,
      image: Image(
        size: size, patch: patch, width: width, heads: heads, layers: encoderLayers,
        mlp: 4 * width, queries: 256, poolerHeads: 8),
      text: Text(
        context: 76, vocabulary: vocabulary, width: textWidth, heads: textHeads, layers: 12,
        mlp: 4 * textWidth),
      multimodal: Multimodal(layers: 12, heads: textHeads, mlp: 4 * textWidth))
  }
}
