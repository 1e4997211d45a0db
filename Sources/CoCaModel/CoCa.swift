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
  let poolers: ImagePoolers
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
    let width = configuration.text.width, imageWidth = configuration.imageTokens.width

    logitScale = scope["logitScale"].declare([], .vector, .constant(2.6592600))  // ln(1/0.07)
    imageEncoder = VisionTransformer(scope["imageEncoder"], configuration)
    poolers = ImagePoolers(scope, configuration)
    imageProjection = Linear(
      scope["imageProjection"], from: imageWidth, to: configuration.joint, hasBias: false)
    unimodal = UnimodalDecoder(
      scope["unimodal"], configuration, vocabulary: self.vocabularySize)
    textProjection = Linear(
      scope["textProjection"], from: width, to: configuration.joint, hasBias: false)
    multimodal = MultimodalDecoder(scope["multimodal"], configuration)
    vocabularyProjection = scope["vocabularyProjection"].declare(
      [self.vocabularySize, width], .matrix,
      .normal(deviation: 1 / Double(width).squareRoot()))
  }

  struct Output {
    /// `[n, joint]`, rows of length 1.
    let imageEmbedding: Variable
    let textEmbedding: Variable
    /// `[targets, width]`, a row for every id that is to be predicted.
    let hidden: Variable
  }

  /// - Parameters:
  ///   - images: `[n, 3, height, width]`.
  ///   - captions: `n` of them: start, pieces, end.
  func callAsFunction(_ images: Tensor, _ captions: PackedCaptions, on tape: Tape?) -> Output {
    let (imageTokens, imageEmbedding) = encode(images: images, on: tape)
    let (words, segments, cls) = unimodal(captions, on: tape)
    let hidden = multimodal(words, segments, attendingTo: imageTokens)
    return Output(
      imageEmbedding: imageEmbedding, textEmbedding: embed(cls: cls), hidden: hidden)
  }

  /// - Returns: the tokens that the multimodal half reads, and `[n, joint]`.
  func encode(images: Tensor, on tape: Tape?) -> (ImageTokens, Variable) {
    let (imageTokens, pooled) = poolers(imageEncoder(images, on: tape), on: tape)
    return (imageTokens, l2Normalize(imageProjection(pooled)))
  }

  /// - Returns: `[captions, joint]`.
  func encode(captions: PackedCaptions, on tape: Tape?) -> Variable {
    embed(cls: unimodal(captions, on: tape).cls)
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

  /// The scores of every id that is to be predicted, `[ids - captions, vocabulary]`, held whole.
  /// - Parameter images: as many as captions.
  package func logits(_ images: Tensor, _ captions: PackedCaptions) -> Tensor {
    let hidden = self(images, captions, on: nil).hidden.value
    let logits = Tensor([hidden.rows, vocabularySize])
    GEMM.multiply(
      Matrix(hidden), Matrix(vocabularyProjection.value).transposed, into: Matrix(logits))
    return logits
  }

  /// Keeps the logit scale in [0, ln 100], as CLIP and open_clip do after every update.
  public func clampLogitScale() {
    let value = logitScale.value.pointer
    value[0] = min(max(value[0], 0), 4.6051702)
  }
}
