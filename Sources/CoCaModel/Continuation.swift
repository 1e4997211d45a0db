import Autograd
import Tensors
import Text

/// Texts about a batch of images while they grow, with the keys and values kept by the layers. An
/// image has places for several texts, which share what the layers keep of the image.
struct Continuation {
  private let model: CoCa
  private let decoder: MultimodalDecoder
  private let images: ImageTokens
  private let textsPerImage: Int
  private let room: Int
  private let unimodal: [LayerMemory]
  private let multimodal: [LayerMemory]
  /// For each image the places of its open texts.
  private var places: [[Int]]
  /// How many ids of every open text the layers have kept.
  private var known = 0

  init(_ model: CoCa, _ images: ImageTokens, textsPerImage: Int, room: Int) {
    (self.model, self.images) = (model, images)
    (self.textsPerImage, self.room) = (textsPerImage, room)
    decoder = model.demanded(model.multimodal, .caption)
    let count = images.segments.count
    func memories(_ layers: Int) -> [LayerMemory] {
      (0..<layers).map { _ in
        LayerMemory(images: count, sequencesPerImage: textsPerImage, room: room)
      }
    }
    unimodal = memories(model.unimodal.layers.count)
    multimodal = memories(decoder.layers.count)
    places = (0..<count).map { [$0 * textsPerImage] }
  }

  /// The logits of the next id of every open text, `[vocabulary]` each.
  /// - Parameter open: for each image its open texts, all of one length, which name as parents
  ///   those of the call before.
  mutating func logits(of open: [[OpenText]]) -> [[Tensor]] {
    place(open)
    var texts = [[Int32]](repeating: [], count: open.count * textsPerImage)
    for (places, open) in zip(places, open) {
      for (place, text) in zip(places, open) { texts[place] = text.ids }
    }
    let new = texts.map { Array($0.dropFirst(known)) }
    let words = model.unimodal.words(
      PackedCaptions(new), from: known, visible: visible(texts), after: unimodal)
    let rows = Segments(lengths: new.map(\.count))
    let hidden = decoder(words, rows, attendingTo: images, after: multimodal)
    known = texts.map(\.count).max() ?? known
    let last = split(hidden, into: [places.joined().map { rows[$0].suffix(1) }])[0].value
    let logits = model.logits(of: last)
    var row = 0
    return open.map { texts in
      texts.map { _ in
        defer { row += 1 }
        return logits.rows(row..<row + 1)
      }
    }
  }

  /// Gives every open text a place that has its parent's keys and values: the first child of a text
  /// stays where its parent was, others are copied to where nothing is continued.
  private mutating func place(_ open: [[OpenText]]) {
    for (image, texts) in open.enumerated() {
      let parents = texts.map { places[image][$0.parent] }
      let first = image * textsPerImage
      var free = (first..<first + textsPerImage).filter { !parents.contains($0) }
      var continued: Set<Int> = []
      places[image] = parents.map { parent in
        if continued.insert(parent).inserted { return parent }
        let copy = free.removeFirst()
        for memory in unimodal + multimodal { memory.copy(parent, to: copy) }
        return copy
      }
    }
  }

  /// For each place of every text whether its id is visible to the others; nil: all are.
  private func visible(_ texts: [[Int32]]) -> [Bool]? {
    guard let padding = model.unimodal.padding else { return nil }
    let visible = texts.flatMap { ids in
      let seen = padding.visible(ids).prefix(ids.count)
      return seen + [Bool](repeating: true, count: room - seen.count)
    }
    return visible.contains(false) ? visible : nil
  }
}
