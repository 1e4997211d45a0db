import Text

/// The padding of the openclip layout, and which rows see it.
///
/// open_clip pads every caption to the context with id 0 and hides keys by their ids. Packed
/// captions need only one of these rows: with the legacy mask, which is shifted by one row, the CLS
/// sees the first padding, and not itself.
/// - Source: open_clip 3.3.0, `TextTransformer._build_additive_mask`.
struct TextPadding {
  let id: Int32
  let context: Int
  let mask: ModelConfiguration.CLSMask

  /// Nil in the paper layout.
  init?(_ configuration: ModelConfiguration) {
    guard let id = configuration.padding else { return nil }
    self.id = id
    context = configuration.text.context
    mask = configuration.text.clsMask
  }

  /// The captions, with the padding that their CLS sees.
  func padded(_ captions: PackedCaptions) -> PackedCaptions {
    guard mask == .legacy else { return captions }
    return PackedCaptions(
      (0..<captions.count).map { Array(captions[$0]) + (captions[$0].count < context ? [id] : []) })
  }

  /// For each row of every caption whether it is seen; nil: all are.
  /// - Parameter withCLS: whether a CLS follows each caption's ids.
  func visible(_ captions: PackedCaptions, withCLS: Bool) -> [Bool]? {
    let visible = (0..<captions.count).flatMap { index in
      self.visible(captions[index]).prefix(captions[index].count + (withCLS ? 1 : 0))
    }
    return visible.contains(false) ? visible : nil
  }

  /// The same for one caption: a flag for each id and one for the CLS.
  func visible(_ ids: some Sequence<Int32>) -> [Bool] {
    let isText = ids.map { $0 != id }
    return mask == .legacy ? [true] + isText : isText + [true]
  }
}
