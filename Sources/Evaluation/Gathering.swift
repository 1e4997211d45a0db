import Collectives
import Foundation
import Pipeline
import Tensors

extension Communicator {
  /// This rank's part of `count` things: consecutive, in rank order, sizes differ by at most one.
  func share(of count: Int) -> Range<Int> {
    EvaluationReader.share(of: 0..<count, rank: rank, size: size)
  }

  /// All ranks' rows one after another, in rank order. Collective.
  /// - Parameter mine: this rank's rows, `[rows, width]` each; may be empty.
  func gatherRows(_ mine: [Tensor], width: Int) throws(CollectiveError) -> Tensor {
    var counts = [Double](repeating: 0, count: size)
    counts[rank] = Double(mine.reduce(0) { $0 + $1.rows })
    try allReduceSum(&counts)
    let rows = counts.map { Int($0) }
    let all = Tensor([rows.reduce(0, +), width])
    let first = rows[..<rank].reduce(0, +)
    let own = all.rows(first..<first + rows[rank])
    var row = 0
    for part in mine {
      own.rows(row..<row + part.rows).pointer.update(from: part.pointer, count: part.count)
      row += part.rows
    }
    try allGather(
      UnsafeBufferPointer(own.buffer), counts: rows.map { $0 * width }, into: all.buffer)
    return all
  }

  /// All ranks' values one after another, in rank order. Collective.
  func gather<Value: Codable>(_ mine: [Value]) throws -> [Value] {
    let parts = try allGather([UInt8](try JSONEncoder().encode(mine)))
    return try parts.flatMap { try JSONDecoder().decode([Value].self, from: Data($0)) }
  }
}

extension Tensor {
  /// Samples along the first dimension; not copied if all are selected.
  func selecting(_ samples: [Int]) -> Tensor {
    if samples.count == shape[0] { return self }
    let chosen = Tensor([samples.count] + shape.dropFirst())
    let size = shape.dropFirst().reduce(1, *)
    for (place, sample) in samples.enumerated() {
      (chosen.pointer + place * size).update(from: pointer + sample * size, count: size)
    }
    return chosen
  }
}
