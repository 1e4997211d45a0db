extension ModelConfiguration {
  /// Names of the presets, smallest first.
  public static let presetNames = ["tiny", "small", "base", "large", "giant"]

  /// The paper's three models, and two small ones of the same parts.
  /// - Source: CoCa (arXiv 2205.01917) Table 1; 64,000 rows as its parameter counts imply.
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
    default: return nil
    }
  }

  /// - Parameter decoderLayers: of each half of the text decoder.
  private static func paper(
    size: Int = 288, patch: Int = 18, width: Int, heads: Int, encoderLayers: Int, encoderMLP: Int,
    queries: Int = 256, context: Int = 64, vocabulary: Int? = 64_000, decoderLayers: Int,
    decoderMLP: Int, joint: Int
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
}
