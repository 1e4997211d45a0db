import Autograd
import Foundation
import Tensors
import Text

/// One causal forward pass, two losses (CoCa, arXiv 2205.01917, §3.2 and Figure 2).
public final class CoCa {
  /// With the vocabulary's size filled in.
  public let configuration: ModelConfiguration
  public let vocabularySize: Int
  /// All weights, by name and as one vector.
  public let parameters = ParameterSet()

  let imageEncoder: VisionTransformer
  let poolers: ImagePoolers
  // With the classification head.
  let classifier: ImageClassifier?
  // With heads that are read from texts.
  let unimodalHalf: UnimodalDecoder?
  // With the contrastive head.
  /// Logarithm of the inverse temperature, a scalar.
  public let logitScale: Parameter?
  /// Added to every scaled similarity by the sigmoid loss, a scalar; only a model of that loss has
  /// it.
  public let logitBias: Parameter?
  let imageProjection: Linear?
  let textProjection: Linear?
  // With heads for which a text attends to its image.
  let multimodal: MultimodalDecoder?
  // Of the caption head.
  let vocabularyProjection: Parameter?

  /// Makes the model's parts without memory: `parameters.allocate` gives it to them.
  /// - Parameter vocabularySize: rows of the token table, used where the configuration has none.
  public init(_ configuration: ModelConfiguration, vocabularySize: Int) {
    self.vocabularySize = configuration.text.vocabulary ?? vocabularySize
    let readsTexts = !configuration.heads.ofTexts.isEmpty
    var resolved = configuration
    if readsTexts { resolved.text.vocabulary = self.vocabularySize }
    self.configuration = resolved
    let scope = Scope(parameters: parameters, path: "")
    let width = configuration.text.width, joint = configuration.joint
    let compares = configuration.heads.contains(.contrastive)
    func projection(_ name: String, from width: Int) -> Linear? {
      compares ? Linear(scope[name], from: width, to: joint, hasBias: false) : nil
    }

    logitScale =
      compares ? scope["logitScale"].declare([], .vector, .constant(2.6592600)) : nil  // ln(1/0.07)
    logitBias =
      compares && configuration.hasLogitBias
      ? scope["logitBias"].declare([], .vector, .constant(-10)) : nil
    imageEncoder = VisionTransformer(scope["imageEncoder"], configuration)
    poolers = ImagePoolers(scope, configuration)
    classifier = configuration.classes.map { ImageClassifier(scope, configuration, $0) }
    imageProjection = projection("imageProjection", from: configuration.imageTokens.width)
    unimodalHalf =
      readsTexts
      ? UnimodalDecoder(scope["unimodal"], configuration, vocabulary: self.vocabularySize) : nil
    textProjection = projection("textProjection", from: width)
    multimodal =
      configuration.heads.cross
      ? MultimodalDecoder(scope["multimodal"], configuration) : nil
    vocabularyProjection =
      configuration.heads.contains(.caption)
      ? scope["vocabularyProjection"].declare(
        [self.vocabularySize, width], .matrix,
        .normal(deviation: 1 / Double(width).squareRoot())) : nil
  }

  /// Images as the heads read them.
  struct EncodedImages {
    /// What the multimodal half reads, with the caption head.
    let tokens: ImageTokens?
    /// `[images, joint]`, rows of length 1, with the contrastive head.
    let embedding: Variable?
    /// Logits `[images, classes]`, with the classification head.
    let classes: Variable?
  }

  /// - Parameter images: `[n, 3, height, width]`.
  func encode(images: Tensor, for heads: Set<Head>, on tape: Tape?) -> EncodedImages {
    let patches = imageEncoder(images, on: tape)
    let (tokens, pooled) = poolers(patches, for: heads, on: tape)
    return EncodedImages(
      tokens: tokens, embedding: pooled.flatMap { embed($0, imageProjection) },
      classes: heads.contains(.classification) ? classifier?(patches, on: tape) : nil)
  }

  /// Texts as the heads read them.
  package struct ReadTexts {
    /// `[texts, joint]`, rows of length 1, with the contrastive head.
    package let embedding: Variable?
    /// `[targets, width]`, a row for every id that is predicted, with the caption head.
    package let hidden: Variable?
  }

  /// Texts beside images, read in as many passes as the model makes.
  func read(_ pass: Pass, beside images: EncodedImages, on tape: Tape?) -> ReadTexts {
    switch configuration.textPasses {
    case .one: readOnce(pass, beside: images, on: tape)
    case .two: readTwice(pass, beside: images, on: tape)
    }
  }

  /// One pass over texts beside images: the unimodal half and, where the pass asks for it, the
  /// multimodal half.
  func readOnce(_ pass: Pass, beside images: EncodedImages, on tape: Tape?) -> ReadTexts {
    let (words, segments, cls) = unimodal(pass, on: tape)
    let tokens = images.tokens?.selecting(pass.images)
    let hidden = words.flatMap { words in
      tokens.flatMap {
        multimodal?(
          words, segments, prefixes: pass.prefixes, with: pass.attention, attendingTo: $0)
      }
    }
    return ReadTexts(embedding: cls.flatMap { embed($0, textProjection) }, hidden: hidden)
  }

  func embed(_ vectors: Variable, _ projection: Linear?) -> Variable? {
    projection.map { l2Normalize($0(vectors)) }
  }

  /// The inverse temperature; nil without the contrastive head.
  public var scale: Float? { logitScale.map { exp($0.value.pointer[0]) } }

  func setScale(_ scale: Double) { logitScale?.value.fill(Float(log(scale))) }

  /// The bias of the similarities; nil without the sigmoid loss.
  public var bias: Float? { logitBias?.value.pointer[0] }

  /// Keeps the logit scale in [0, ln 100]; CLIP and open_clip do so after every update too.
  public func clampLogitScale() {
    guard let logitScale, logitScale.isTrained else { return }
    let value = logitScale.value.pointer
    value[0] = min(max(value[0], 0), 4.6051702)
  }
}
