import Autograd
import Tensors
import Text

/// One causal pass, two losses (CoCa, arXiv 2205.01917, §3.2 and Figure 2).
public final class CoCa {
  /// With the vocabulary's size filled in.
  public let configuration: ModelConfiguration
  public let vocabularySize: Int
  /// All weights, by name and as one vector.
  public let parameters = ParameterSet()
  /// Logarithm of the inverse temperature, a scalar.
  public let logitScale: Parameter

  let imageEncoder: VisionTransformer
  let captionPooler: AttentionalPooler?
  let contrastivePooler: AttentionalPooler
  let imageProjection: Linear
  let unimodal: UnimodalDecoder
  let textProjection: Linear
  let multimodal: MultimodalDecoder
  let vocabularyProjection: Parameter

  /// The model's parts, without memory: `parameters.allocate` gives it.
  /// - Parameter vocabularySize: rows of the token table, where the configuration leaves it open.
  public init(_ configuration: ModelConfiguration, vocabularySize: Int) {
    self.vocabularySize = configuration.text.vocabulary ?? vocabularySize
    var resolved = configuration
    resolved.text.vocabulary = self.vocabularySize
    self.configuration = resolved
    let scope = Scope(parameters: parameters, path: "")
    let image = configuration.image, text = configuration.text

    logitScale = scope["logitScale"].declare([], .vector, .constant(2.6592600))  // ln(1/0.07)
    imageEncoder = VisionTransformer(scope["imageEncoder"], image)
    captionPooler =
      configuration.poolers == .none
      ? nil
      : AttentionalPooler(
        scope["captionPooler"], queryCount: image.queries, width: image.width, heads: image.heads)
    contrastivePooler = AttentionalPooler(
      scope["contrastivePooler"], queryCount: 1, width: image.width, heads: image.heads)
    imageProjection = Linear(
      scope["imageProjection"], from: image.width, to: configuration.joint, hasBias: false)
    unimodal = UnimodalDecoder(scope["unimodal"], text, vocabulary: self.vocabularySize)
    textProjection = Linear(
      scope["textProjection"], from: text.width, to: configuration.joint, hasBias: false)
    multimodal = MultimodalDecoder(
      scope["multimodal"], configuration.multimodal, width: text.width, imageWidth: image.width)
    vocabularyProjection = scope["vocabularyProjection"].declare(
      [self.vocabularySize, text.width], .matrix,
      .normal(deviation: 1 / Double(text.width).squareRoot()))
  }

  struct Output {
    /// `[n, joint]`, rows of length 1.
    let imageEmbedding: Variable
    let textEmbedding: Variable
    /// `[targets, width]`, a row for every id that is to be predicted.
    let hidden: Variable
  }

  /// - Parameters:
  ///   - images: `[n, 3, size, size]`.
  ///   - captions: `n` of them: start, pieces, end.
  func callAsFunction(_ images: Tensor, _ captions: PackedCaptions, on tape: Tape?) -> Output {
    let (imageTokens, imageEmbedding) = encode(images: images, on: tape)
    let (text, segments) = unimodal(captions, on: tape)
    // The end token predicts nothing, so it stops here with the CLS.
    let (words, cls) = splitLast(text, segments, dropping: 1)
    let hidden = multimodal(words, segments.extended(by: -2), attendingTo: imageTokens)
    return Output(
      imageEmbedding: imageEmbedding, textEmbedding: embed(cls: cls), hidden: hidden)
  }

  /// - Returns: the tokens that the multimodal half reads, and `[n, joint]`.
  func encode(images: Tensor, on tape: Tape?) -> (ImageTokens, Variable) {
    let patches = imageEncoder(images, on: tape)
    let imageTokens = captionPooler?(patches, on: tape) ?? patches
    let pooled = contrastivePooler(
      configuration.poolers == .cascade ? imageTokens : patches, on: tape)
    return (imageTokens, l2Normalize(imageProjection(pooled.rows)))
  }

  /// - Returns: `[captions, joint]`.
  func encode(captions: PackedCaptions, on tape: Tape?) -> Variable {
    let (text, segments) = unimodal(captions, on: tape)
    return embed(cls: splitLast(text, segments).last)
  }

  private func embed(cls: Variable) -> Variable {
    l2Normalize(textProjection(unimodal.norm(cls)))
  }

  /// Images in the joint space, `[n, joint]`, rows of length 1.
  public func imageEmbeddings(_ images: Tensor) -> Tensor {
    encode(images: images, on: nil).1.value
  }

  /// Captions in the joint space, `[n, joint]`, rows of length 1.
  public func textEmbeddings(_ captions: PackedCaptions) -> Tensor {
    encode(captions: captions, on: nil).value
  }
}
