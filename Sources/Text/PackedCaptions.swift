/// Captions one after another, without padding.
public struct PackedCaptions: Sendable, Equatable {
  /// All captions' ids.
  public let ids: [Int32]
  /// `count + 1` positions: caption `i` is `ids[offsets[i] ..< offsets[i + 1]]`.
  public let offsets: [Int]

  public init(_ captions: [[Int32]]) {
    var offsets = [0]
    offsets.reserveCapacity(captions.count + 1)
    for caption in captions { offsets.append(offsets[offsets.count - 1] + caption.count) }
    self.offsets = offsets
    ids = Array(captions.joined())
  }

  /// Number of captions.
  public var count: Int { offsets.count - 1 }

  public subscript(index: Int) -> ArraySlice<Int32> { ids[offsets[index]..<offsets[index + 1]] }
}
