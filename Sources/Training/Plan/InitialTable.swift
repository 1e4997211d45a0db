import CoCaModel
import Evaluation
import Text

/// The token table that `init` brings. It was made for the tokenizer of those weights; another
/// tokenizer needs other rows.
struct InitialTable {
  private let place: String
  private let layout: ModelConfiguration.Layout
  private let rows: Int
  /// "FILE has 285 pieces"; nil where the run file names no tokenizer.
  private let tokenizer: String?
  private let pieces: Int

  /// Nil without `init`.
  init?(
    _ initial: ModelSource?, _ tokenizer: (any Tokenizer)?, _ configuration: RunConfiguration
  ) throws {
    guard let initial else { return nil }
    let shape = try initial.configuration()
    guard let rows = shape.text.vocabulary, !shape.heads.ofTexts.isEmpty else { return nil }
    place = initial.folder.path
    (layout, self.rows) = (shape.layout, rows)
    pieces = tokenizer?.vocabularySize ?? 0
    self.tokenizer = configuration.tokenizer.map { "\($0) has \(tokenizer?.vocabularySize ?? 0)" }
  }

  /// - Throws: `ModelError` where the table has too few rows for the tokenizer.
  func checkPieces() throws(ModelError) { try check(rows: max(rows, pieces)) }

  /// - Throws: `ModelError` where the run's model needs a table of another size; a model of another
  ///   layout fits in nothing, which is told elsewhere.
  func check(_ shape: ModelConfiguration) throws(ModelError) {
    guard let needed = shape.text.vocabulary, shape.layout == layout,
      !shape.heads.ofTexts.isEmpty
    else { return }
    try check(rows: needed)
  }

  private func check(rows needed: Int) throws(ModelError) {
    guard needed != rows else { return }
    let cause = tokenizer.map { " (\($0) pieces)" } ?? ""
    throw ModelError(
      place,
      .mismatch(
        "its token table is for another tokenizer: it has \(rows) rows, this run needs "
          + "\(needed)\(cause)"),
      remedy: "Remove tokenizer and model.text.vocabulary from the run file to take those of init, "
        + "or start without init")
  }
}
