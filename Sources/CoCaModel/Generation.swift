import Autograd
import Tensors
import Text

extension CoCa {
  /// The likeliest next id at every step, until `end` or the limit.
  /// - Parameters:
  ///   - images: `[n, 3, size, size]`.
  ///   - prompt: ids every caption begins with, the start id first.
  ///   - maximumTokens: ids of a caption, prompt and end included; at most the context.
  /// - Returns: for each image the prompt, the generated ids and, where it came to that, `end`.
  /// - Complexity: the text decoder runs anew for every token; images are encoded once.
  public func greedyCaptions(
    _ images: Tensor, prompt: [Int32], end: Int32, maximumTokens: Int
  ) -> [[Int32]] {
    let count = images.shape[0]
    let limit = min(maximumTokens, configuration.text.context)
    var captions = [[Int32]](repeating: prompt, count: count)
    let tokens = encode(images: images, on: nil).0
    var open = Array(0..<count)
    while !open.isEmpty, let first = open.first, captions[first].count < limit {
      let next = nextTokens(after: open.map { captions[$0] }, tokens.selecting(open))
      for (image, id) in zip(open, next) { captions[image].append(id) }
      open = zip(open, next).filter { $0.1 != end }.map(\.0)
    }
    return captions
  }

  /// The likeliest id after each caption.
  private func nextTokens(after captions: [[Int32]], _ image: ImageTokens) -> [Int32] {
    let packed = PackedCaptions(captions)
    let (text, segments) = unimodal(packed, on: nil)
    let words = segments.extended(by: -1)
    let hidden = multimodal(splitLast(text, segments).body, words, attendingTo: image)
    let last = splitLast(hidden, words).last.value
    let logits = Tensor([captions.count, vocabularySize])
    GEMM.multiply(
      Matrix(last), Matrix(vocabularyProjection.value).transposed, into: Matrix(logits))
    return (0..<captions.count).map { row in
      let scores = logits.rows(row..<row + 1).buffer
      return Int32(scores.indices.max { scores[$0] < scores[$1] } ?? 0)
    }
  }
}

extension ImageTokens {
  /// The tokens of some of the images.
  fileprivate func selecting(_ images: [Int]) -> ImageTokens {
    guard images.count < segments.count else { return self }
    let width = rows.width
    let chosen = Segments(lengths: images.map { segments[$0].count })
    let copy = Tensor([chosen.rows, width])
    for (place, image) in images.enumerated() {
      copy.rows(chosen[place]).pointer.update(
        from: rows.value.rows(segments[image]).pointer, count: chosen[place].count * width)
    }
    return ImageTokens(rows: Variable(constant: copy, on: nil), segments: chosen)
  }
}
