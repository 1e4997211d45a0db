import Tensors
import Text

/// Images and the texts that belong to them: a rank's share of a step, or a part of it.
public struct Pairs: Sendable {
  /// `[N, 3, height, width]`; N may be 0.
  public let images: Tensor
  /// M texts.
  public let texts: PackedCaptions
  /// The row of each text's image, ascending. Every image has a text.
  public let owners: [Int]
  /// For each text, how many of its first ids all its ids see; they are not predicted. Nil: it is
  /// read id by id.
  public var prefixes: [Int]?
  /// The classes of every image; nil where no term needs them.
  public var classes: [[Int]]?
  /// An identity for every text; nil where no term needs them.
  public let identities: [PairIdentity]?

  /// - Parameter owners: nil: every image has one text.
  public init(
    _ images: Tensor, _ texts: PackedCaptions, owners: [Int]? = nil,
    identities: [PairIdentity]? = nil
  ) {
    let owners = owners ?? Array(0..<texts.count)
    precondition(owners.count == texts.count, "an owner for every text")
    precondition(
      Set(owners) == Set(0..<images.shape[0]) && zip(owners, owners.dropFirst()).allSatisfy(<=),
      "texts in the order of their images, of which each has one")
    (self.images, self.texts, self.owners) = (images, texts, owners)
    self.identities = identities
  }

  /// Number of images.
  public var count: Int { images.shape[0] }

  /// For each image the range of its texts.
  var textRanges: [Range<Int>] {
    var end = 0
    return (0..<count).map { image in
      let start = end
      while end < owners.count, owners[end] == image { end += 1 }
      return start..<end
    }
  }

  /// Some images with their texts.
  func part(_ range: Range<Int>) -> Pairs {
    let texts = self.texts(of: range)
    var part = Pairs(
      images.samples(range), self.texts.part(texts),
      owners: owners[texts].map { $0 - range.lowerBound },
      identities: identities.map { Array($0[texts]) })
    part.prefixes = prefixes.map { Array($0[texts]) }
    part.classes = classes.map { Array($0[range]) }
    return part
  }

  /// The texts of some images.
  func texts(of range: Range<Int>) -> Range<Int> {
    let first = owners.firstIndex { $0 >= range.lowerBound } ?? owners.count
    let end = owners.firstIndex { $0 >= range.upperBound } ?? owners.count
    return first..<end
  }
}

/// Which sample a pair is, and hashes that recognise equal contents.
public struct PairIdentity: Sendable, Equatable, Codable {
  /// Together with epoch and sample the key of every random draw.
  public var source: Int
  public var epoch: Int
  public var sample: Int
  /// Hashes of the stored picture and of the text's words: equal contents have equal hashes on all
  /// ranks.
  public var image: UInt64
  public var text: UInt64
  /// Of the picture's class; nil where it has none.
  public var label: UInt64?

  public init(
    source: Int, epoch: Int, sample: Int, image: UInt64, text: UInt64, label: UInt64? = nil
  ) {
    (self.source, self.epoch, self.sample) = (source, epoch, sample)
    (self.image, self.text, self.label) = (image, text, label)
  }
}

extension PackedCaptions {
  func part(_ range: Range<Int>) -> PackedCaptions {
    PackedCaptions(range.map { Array(self[$0]) })
  }
}

extension Tensor {
  /// Samples `range` along the first dimension.
  fileprivate func samples(_ range: Range<Int>) -> Tensor {
    let size = shape.dropFirst().reduce(1, *)
    return slice(at: range.lowerBound * size, shape: [range.count] + shape.dropFirst())
  }
}
