import Autograd
import Tensors
import Text

// Outputs that are used outside of training.
extension CoCa {
  /// Images in the joint space, `[n, joint]`, rows of length 1.
  /// - Precondition: the model has the contrastive head.
  public func imageEmbeddings(_ images: Tensor) -> Tensor {
    demanded(encode(images: images, for: [.contrastive], on: nil).embedding, .contrastive).value
  }

  /// Texts in the joint space, `[n, joint]`, rows of length 1.
  /// - Precondition: the model has the contrastive head.
  public func textEmbeddings(_ texts: PackedCaptions) -> Tensor {
    let pass = Pass(texts, images: Array(0..<texts.count), for: [.contrastive])
    let none = EncodedImages(tokens: nil, embedding: nil, classes: nil)
    return demanded(read(pass, beside: none, on: nil).embedding, .contrastive).value
  }

  /// A logit for every class of the model, `[n, classes]`.
  /// - Precondition: the model has the classification head.
  public func classLogits(_ images: Tensor) -> Tensor {
    demanded(encode(images: images, for: [.classification], on: nil).classes, .classification).value
  }

  /// The last hidden layer's row for every id that is predicted, `[ids - texts, width]`.
  /// - Precondition: the model has the caption head.
  package func hidden(_ pass: Pass, _ images: Tensor) -> Tensor {
    let encoded = encode(images: images, for: [.caption], on: nil)
    return demanded(read(pass, beside: encoded, on: nil).hidden, .caption).value
  }

  /// All outputs of the model's heads for some pairs.
  public func outputs(_ pairs: Pairs) -> [Tensor] { outputs(pairs, on: nil) }

  /// The layer that is the first whose output for some pairs is not finite, such as
  /// `imageEncoder.layers.1.mlp.hidden`; an operation without weights counts to the layer before
  /// it. Nil where all are finite.
  public func firstNonfiniteLayer(_ pairs: Pairs) -> String? {
    var layer = "imageEncoder", found: String?
    _ = outputs(
      pairs,
      on: .watching { parameters, value in
        if let parameter = parameters.first { layer = parameter.layer }
        if found == nil, !value.values.allSatisfy(\.isFinite) { found = layer }
      })
    return found
  }

  private func outputs(_ pairs: Pairs, on tape: Tape?) -> [Tensor] {
    let heads = configuration.heads
    let images = encode(images: pairs.images, for: heads, on: tape)
    let texts =
      heads.ofTexts.isEmpty
      ? nil : read(Pass(pairs, for: heads.ofTexts), beside: images, on: tape)
    return [images.embedding, images.classes, texts?.embedding, texts?.hidden]
      .compactMap { $0?.value }
  }

  /// The logits of every id that is predicted, `[ids - captions, vocabulary]`, all in memory.
  /// - Parameter images: as many as captions.
  /// - Precondition: the model has the caption head.
  package func logits(_ images: Tensor, _ captions: PackedCaptions) -> Tensor {
    logits(of: hidden(Pass(Pairs(images, captions), for: [.caption]), images))
  }

  /// The logits `[rows, vocabulary]` for rows of the last hidden layer.
  func logits(of hidden: Tensor) -> Tensor {
    let projection = demanded(vocabularyProjection, .caption).value
    let logits = Tensor([hidden.rows, vocabularySize])
    GEMM.multiply(Matrix(hidden), Matrix(projection).transposed, into: Matrix(logits))
    return logits
  }

  /// The half of a model with a head that is read from texts.
  var unimodal: UnimodalDecoder {
    guard let unimodalHalf else { preconditionFailure("the model reads no texts") }
    return unimodalHalf
  }

  /// A part that only a model with this head has.
  func demanded<Part>(_ part: Part?, _ head: Head) -> Part {
    guard let part else { preconditionFailure("the model has no \(head.rawValue) head") }
    return part
  }
}

extension Parameter {
  /// The name of the layer that it is a weight of.
  fileprivate var layer: String {
    let parts = name.split(separator: ".")
    let isWeight = ["weight", "bias", "gain"].contains(parts.last)
    return parts.dropLast(isWeight && parts.count > 1 ? 1 : 0).joined(separator: ".")
  }
}
