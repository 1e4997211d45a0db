import Collectives
import Tensors

/// How a rank gets the embeddings of all other ranks.
public enum ContrastiveExchange: String, Sendable, CaseIterable {
  /// Every rank holds all of them.
  case gather
  /// A rank gets them block by block, and a second time for the gradient.
  case ring
}

/// Rows of length 1: images `[N, joint]`, texts `[M, joint]`.
package struct Embeddings: Sendable {
  package let images: Tensor
  package let texts: Tensor

  package init(images: Tensor, texts: Tensor) { (self.images, self.texts) = (images, texts) }

  init(images: Int, texts: Int, joint: Int) {
    self.init(images: Tensor([images, joint]), texts: Tensor([texts, joint]))
  }

  var bytes: Int { images.bytes + texts.bytes }
}

/// The embeddings of the global batch as one rank gets them, block by block.
///
/// In a ring each rank passes on the block it has just used, so that it holds at most its own block
/// and two others. Where the order of columns must not depend on the number of ranks, every tile of
/// the batch is gathered by itself instead.
struct EmbeddingBlocks {
  /// The positions of a block's images and texts in the batch.
  struct Columns {
    let images: Range<Int>
    let texts: Range<Int>
  }

  let own: Embeddings
  let batch: GlobalBatch
  let ranks: any Communicator
  let clock: StepClock
  private let gathered: Embeddings?

  /// - Throws: `CollectiveError` if a rank is lost, as do the other functions.
  init(
    _ own: Embeddings, _ batch: GlobalBatch, _ exchange: ContrastiveExchange,
    over ranks: any Communicator, _ clock: StepClock
  ) throws {
    (self.own, self.batch, self.ranks, self.clock) = (own, batch, ranks, clock)
    gathered =
      exchange == .ring && ranks.size > 1
      ? nil : try Self.gather(own, batch.all, batch, ranks, clock)
  }

  /// Calls `body` with every block and its columns.
  func forEach(_ body: (_ columns: Columns, _ block: Embeddings) -> Void) throws {
    if let gathered { return body(batch.all, gathered) }
    guard batch.isOrdered else { return try passAround(body) }
    let count = max(batch.images.count, batch.texts.count)
    for tile in (0..<count).pieces(of: SimilarityTiles.columns) {
      let columns = Columns(
        images: tile.clamped(to: batch.all.images), texts: tile.clamped(to: batch.all.texts))
      body(columns, try Self.gather(own, columns, batch, ranks, clock))
    }
  }

  private func passAround(_ body: (Columns, Embeddings) -> Void) throws {
    let rank = ranks.rank, size = ranks.size, joint = own.images.width
    var block = own
    for distance in 0..<size {
      let owner = (rank + distance) % size
      let columns = Columns(
        images: batch.images.shares(of: owner)[0].columns,
        texts: batch.texts.shares(of: owner)[0].columns)
      body(columns, block)
      guard distance + 1 < size else { return }
      let following = (owner + 1) % size
      let next = Embeddings(
        images: batch.images.lengths[following], texts: batch.texts.lengths[following],
        joint: joint)
      try clock.measure(.communicate) {
        for (mine, theirs) in [(block.images, next.images), (block.texts, next.texts)] {
          try ranks.exchange(
            UnsafeBufferPointer(mine.buffer), to: (rank + size - 1) % size, into: theirs.buffer,
            from: (rank + 1) % size)
        }
      }
      block = next
    }
  }

  private static func gather(
    _ own: Embeddings, _ columns: Columns, _ batch: GlobalBatch, _ ranks: any Communicator,
    _ clock: StepClock
  ) throws -> Embeddings {
    try clock.measure(.communicate) {
      Embeddings(
        images: try batch.images.gather(own.images, columns.images, over: ranks),
        texts: try batch.texts.gather(own.texts, columns.texts, over: ranks))
    }
  }
}

extension GlobalBatch {
  fileprivate var all: EmbeddingBlocks.Columns {
    EmbeddingBlocks.Columns(images: 0..<images.count, texts: 0..<texts.count)
  }
}

extension GlobalRows {
  /// Gathers some rows of all ranks, in the batch's order.
  /// - Parameter own: `[this rank's rows, width]`.
  func gather(
    _ own: Tensor, _ columns: Range<Int>, over ranks: any Communicator
  ) throws -> Tensor {
    guard ranks.size > 1 else { return own.rows(columns) }
    let parts = (0..<ranks.size).map { self.parts(of: $0, within: columns) }
    let mine = parts[ranks.rank]
    let rows = (mine.first?.rows.lowerBound ?? 0)..<(mine.last?.rows.upperBound ?? 0)
    let all = Tensor([columns.count, own.width])
    try ranks.allGather(
      UnsafeBufferPointer(own.rows(rows).buffer),
      counts: parts.map { $0.reduce(0) { $0 + $1.rows.count } * own.width }, into: all.buffer)
    guard lengths.count > self.ranks else { return all }
    let ordered = Tensor(all.shape)
    var row = 0
    for part in parts.joined() {
      let place = part.first - columns.lowerBound
      ordered.rows(place..<place + part.rows.count).pointer.update(
        from: all.rows(row..<row + part.rows.count).pointer, count: part.rows.count * own.width)
      row += part.rows.count
    }
    return ordered
  }

  /// The shares of a rank within some columns; the rows of each part are neighbours.
  private func parts(of rank: Int, within columns: Range<Int>) -> [Share] {
    shares(of: rank).compactMap { share in
      let common = share.columns.clamped(to: columns)
      guard !common.isEmpty else { return nil }
      let row = share.rows.lowerBound + common.lowerBound - share.first
      return Share(index: share.index, rows: row..<row + common.count, first: common.lowerBound)
    }
  }
}
