/// Rows of a tensor in at most 64 fixed blocks. Sums over weights are made block by block and then
/// added in order, and a rank that owns a part of a tensor owns whole blocks. So such sums depend
/// neither on threads nor on ranks.
public struct RowBlocks: Sendable {
  public let rows: Int
  public var count: Int { min(rows, 64) }

  public init(rows: Int) { self.rows = rows }

  public subscript(block: Int) -> Range<Int> {
    rows * block / count..<rows * (block + 1) / count
  }

  /// The blocks that `rows` consist of.
  /// - Precondition: whole blocks.
  public func blocks(of rows: Range<Int>) -> Range<Int> {
    guard !rows.isEmpty else { return 0..<0 }
    let first = (0..<count).first { self[$0].lowerBound == rows.lowerBound }
    let last = (0..<count).first { self[$0].upperBound == rows.upperBound }
    guard let first, let last else { preconditionFailure("rows \(rows) are not whole blocks") }
    return first..<last + 1
  }
}
