import Collectives
import Evaluation
import Foundation
import Pipeline
import Records
import Text

/// Asks the model, while it trains, what `coca-eval` would ask of its checkpoint.
final class Validator {
  private let sets: [RunConfiguration.Validation.Set]
  private let ranks: any Communicator
  private let console: Console
  private let results: LineLog?
  private let captions: LineLog?

  init(
    _ sets: [RunConfiguration.Validation.Set], from step: Int, over ranks: any Communicator,
    folder: RunFolder, console: Console
  ) throws {
    self.sets = sets
    self.ranks = ranks
    self.console = console
    let isFirst = ranks.rank == 0
    results = isFirst && !sets.isEmpty ? try folder.lines("validation.jsonl", upTo: step) : nil
    captions =
      isFirst && sets.contains { $0.task == .caption }
      ? try folder.lines("captions.jsonl", upTo: step) : nil
  }

  /// Collective.
  func run(_ saved: SavedModel, step: Int) throws {}
}
