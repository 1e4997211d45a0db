import Autograd
import Tensors
import Text

extension CoCa {
  /// Captions with the likeliest next id at every step, until `end` or the limit.
  /// - Parameters:
  ///   - images: `[n, 3, height, width]`.
  ///   - prompt: the ids that every caption begins with, the start id first.
  ///   - maximumTokens: the most ids of a caption, prompt and end included; at most the context.
  /// - Returns: for each image the prompt, the generated ids and, unless the limit came first,
  ///   `end`.
  /// - Precondition: the model has the caption head.
  /// - Complexity: each new id costs one row of the text decoder; images are encoded once.
  public func greedyCaptions(
    _ images: Tensor, prompt: [Int32], end: Int32, maximumTokens: Int
  ) -> [[Int32]] {
    let count = images.shape[0]
    let limit = min(maximumTokens, configuration.text.context)
    var captions = [[Int32]](repeating: prompt, count: count)
    let tokens = demanded(encode(images: images, for: [.caption], on: nil).tokens, .caption)
    var continuation = Continuation(self, tokens, room: limit)
    var open = Array(0..<count)
    while let first = open.first, captions[first].count < limit {
      let next = continuation.nextIDs(after: captions, of: open)
      for (image, id) in zip(open, next) { captions[image].append(id) }
      open = zip(open, next).filter { $0.1 != end }.map(\.0)
    }
    return captions
  }
}

/// Captions of a batch of images while they grow, with the keys and values kept by the layers.
private struct Continuation {
  private let model: CoCa
  private let decoder: MultimodalDecoder
  private let images: ImageTokens
  private let room: Int
  private let unimodal: [LayerMemory]
  private let multimodal: [LayerMemory]
  /// How many ids of every unfinished caption the layers have kept.
  private var known = 0

  init(_ model: CoCa, _ images: ImageTokens, room: Int) {
    (self.model, self.images, self.room) = (model, images, room)
    decoder = model.demanded(model.multimodal, .caption)
    func memories(_ layers: Int) -> [LayerMemory] {
      (0..<layers).map { _ in LayerMemory(sequences: images.segments.count, room: room) }
    }
    unimodal = memories(model.unimodal.layers.count)
    multimodal = memories(decoder.layers.count)
  }

  /// The likeliest next id of each unfinished caption; these all have the same length.
  mutating func nextIDs(after captions: [[Int32]], of open: [Int]) -> [Int32] {
    let isOpen = Set(open)
    let new = captions.indices.map { isOpen.contains($0) ? Array(captions[$0][known...]) : [] }
    let words = model.unimodal.words(
      PackedCaptions(new), from: known, visible: visible(captions), after: unimodal)
    let rows = Segments(lengths: new.map(\.count))
    let hidden = decoder(words, rows, attendingTo: images, after: multimodal)
    known = captions[open[0]].count
    let last = split(hidden, into: [open.map { rows[$0].suffix(1) }])[0].value
    let logits = model.logits(of: last)
    return open.indices.map { row in
      let scores = logits.rows(row..<row + 1).buffer
      return Int32(scores.indices.max { scores[$0] < scores[$1] } ?? 0)
    }
  }

  /// For each place of every caption whether its id is visible to the others; nil: all are.
  private func visible(_ captions: [[Int32]]) -> [Bool]? {
    guard let padding = model.unimodal.padding else { return nil }
    let visible = captions.flatMap { ids in
      let seen = padding.visible(ids).prefix(ids.count)
      return seen + [Bool](repeating: true, count: room - seen.count)
    }
    return visible.contains(false) ? visible : nil
  }
}
