import Collectives

/// Which of the global batch's columns match a rank's rows.
package struct Matches: Sendable {
  /// What matches one row. Equal rows share the memory.
  struct Row: Sendable {
    /// The columns, ascending.
    let columns: [Int]
    /// How many rows each of these columns matches.
    let rows: [Int]
  }

  let ofImages: [Row]
  let ofTexts: [Row]

  /// Every image and its own texts.
  /// - Parameter owners: the image of each of this rank's texts.
  package init(owners: [Int], _ batch: GlobalBatch) {
    let counts = owners.reduce(into: [Int](repeating: 0, count: batch.images.ownCount)) {
      $0[$1] += 1
    }
    var ofImages: [Row] = [], ofTexts: [Row] = []
    for (images, texts) in zip(batch.images.own, batch.texts.own) {
      var column = texts.first
      for image in images.rows {
        let count = counts[image]
        ofImages.append(
          Row(columns: Array(column..<column + count), rows: Array(repeating: 1, count: count)))
        column += count
        let row = Row(columns: [images.column(of: image)], rows: [count])
        ofTexts += repeatElement(row, count: count)
      }
    }
    (self.ofImages, self.ofTexts) = (ofImages, ofTexts)
  }

  /// All that are equal: an image matches the texts that have the key of one of its own texts.
  /// Gathers 16 bytes a text. Collective.
  /// - Parameter keys: of each of this rank's texts; equal pairs have equal keys on all ranks.
  /// - Throws: `CollectiveError` if a rank is lost.
  package init(
    keys: [UInt64], owners: [Int], _ batch: GlobalBatch, over ranks: any Communicator
  ) throws {
    let columns = batch.images.own.flatMap(\.columns)
    let mine = zip(keys, owners).flatMap { [$0, UInt64(columns[$1])] }
    let all = try ranks.allGather(mine.withUnsafeBytes(Array.init)).map { bytes in
      bytes.withUnsafeBytes { bytes in
        (0..<bytes.count / 16).map { text in
          KeyedText(
            key: bytes.loadUnaligned(fromByteOffset: 16 * text, as: UInt64.self),
            image: Int(bytes.loadUnaligned(fromByteOffset: 16 * text + 8, as: UInt64.self)))
        }
      }
    }
    let index = KeyIndex(batch.texts.ordered(all))
    let own = Dictionary(grouping: owners.indices, by: { owners[$0] })
    ofImages = (0..<batch.images.ownCount).map { image in
      index.textsOfImage(Set((own[image] ?? []).map { keys[$0] }))
    }
    ofTexts = keys.map { index.imagesOfText($0) }
  }
}

/// A text of the global batch: its key, and the column of its image.
private struct KeyedText {
  let key: UInt64
  let image: Int
}

/// The rows of matches of every key.
private final class KeyIndex {
  private var textsOf: [UInt64: [Int]] = [:]
  private var imagesOf: [UInt64: [Int]] = [:]
  private let keys: [UInt64]
  /// How many texts each image matches.
  private var matched: [Int: Int] = [:]
  private var rowsOfTexts: [UInt64: Matches.Row] = [:]
  private var rowsOfImages: [Set<UInt64>: Matches.Row] = [:]

  /// - Parameter texts: of the whole batch, in its order.
  init(_ texts: [KeyedText]) {
    keys = texts.map(\.key)
    for (column, text) in texts.enumerated() {
      textsOf[text.key, default: []].append(column)
      if imagesOf[text.key]?.last != text.image {
        imagesOf[text.key, default: []].append(text.image)
      }
    }
    for (key, images) in imagesOf {
      for image in images { matched[image, default: 0] += textsOf[key]?.count ?? 0 }
    }
  }

  func imagesOfText(_ key: UInt64) -> Matches.Row {
    if let known = rowsOfTexts[key] { return known }
    let images = imagesOf[key] ?? []
    let row = Matches.Row(columns: images, rows: images.map { matched[$0] ?? 0 })
    rowsOfTexts[key] = row
    return row
  }

  func textsOfImage(_ own: Set<UInt64>) -> Matches.Row {
    if let known = rowsOfImages[own] { return known }
    let texts = own.flatMap { textsOf[$0] ?? [] }.sorted()
    let row = Matches.Row(columns: texts, rows: texts.map { imagesOf[keys[$0]]?.count ?? 0 })
    rowsOfImages[own] = row
    return row
  }
}

extension GlobalRows {
  /// Things of each rank's rows, in the order of the batch.
  fileprivate func ordered<Element>(_ parts: [[Element]]) -> [Element] {
    let places = (0..<ranks).flatMap { rank in shares(of: rank).map { (rank: rank, share: $0) } }
    return places.sorted { $0.share.index < $1.share.index }
      .flatMap { parts[$0.rank][$0.share.rows] }
  }
}
