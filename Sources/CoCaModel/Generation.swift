import Tensors

extension CoCa {
  /// Captions of images: a search for each of them, and for all of them together, in each step, one
  /// row of the text decoder for each open text. Images are encoded once.
  ///
  /// An image's captions are the same whatever images are beside it.
  /// - Parameters:
  ///   - images: `[n, 3, height, width]`.
  ///   - keys: a name for each image, by which its samples are drawn; nil: their numbers.
  ///   - prompt: the ids that every caption begins with, the start id first.
  ///   - maximumTokens: the most ids of a caption, prompt and end included; at most the context.
  /// - Returns: for each image its captions, the best or the first first.
  /// - Precondition: the model has the caption head.
  public func captions(
    _ images: Tensor, keys: [String]? = nil, prompt: [Int32], end: Int32, maximumTokens: Int,
    by decoding: Decoding = Decoding()
  ) -> [[ScoredCaption]] {
    let count = images.shape[0]
    let limit = min(maximumTokens, configuration.text.context)
    let bounds = CaptionBounds(prompt: prompt, end: end, maximum: limit)
    var searches = (0..<count).map { decoding.search(bounds, image: keys?[$0] ?? "\($0)") }
    let tokens = demanded(encode(images: images, for: [.caption], on: nil).tokens, .caption)
    var continuation = Continuation(self, tokens, textsPerImage: decoding.width, room: limit)
    while searches.contains(where: { !$0.open.isEmpty }) {
      let open = searches.map(\.open)
      let logits = continuation.logits(of: open)
      searches.withUnsafeMutableBufferPointer { searches in
        Threads.tasks(count) { image, _ in
          searches[image].advance(logits[image].map { $0.buffer.map(Double.init) })
        }
      }
    }
    return searches.map(\.captions)
  }
}
