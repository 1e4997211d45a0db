import Checkpoints
import Collectives
import Foundation

extension SavedModel {
  /// Reads one model on every rank. Collective.
  ///
  /// Rank 0 finds it and checks every byte; the others read the same folder, even if a run writes a
  /// newer one meanwhile.
  /// - Parameters:
  ///   - path: as in `ModelSource.open`.
  ///   - leftOut: called on rank 0 for each newer folder that is not complete.
  public static func open(
    _ path: URL, over ranks: any Communicator,
    leftOut: (CheckpointFolder.LeftOut) -> Void = { _ in }
  ) throws -> SavedModel {
    let first = try together(ranks) {
      ranks.rank == 0 ? try ModelSource.open(path, leftOut: leftOut) : nil
    }
    var folder = Array((first?.folder.path ?? "").utf8)
    try ranks.broadcast(&folder, from: 0)
    return try together(ranks) {
      let found = URL(fileURLWithPath: String(decoding: folder, as: UTF8.self))
      return try SavedModel(try first ?? ModelSource.open(found, verifying: .sizes))
    }
  }
}
