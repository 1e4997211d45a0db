import Records

/// The result of reading a row.
struct RowOutcome: Sendable {
  enum Result: Sendable {
    case sample([Field], PictureMark?)
    case dropped(DropRule)
    case failed(PackingError)
    /// A row of another part, or one that is packed already.
    case elsewhere
  }

  /// Where the row is, for people.
  var place: String
  /// The picture's path below the root; nil where the row does not have one.
  var path: String?
  var result = Result.elsewhere
  /// How many of its texts were dropped.
  var texts = DropCounts()
  /// For a row without caption, labels and tokens, the other keys that hold texts; otherwise nil.
  var otherTexts: [String]?
}

/// Reads rows on any thread.
struct RowReader: Sendable {
  let input: any PackInput
  let pictures: PictureReader
  /// Nil: all texts are kept.
  var texts: TextFilter?
  var labels: LabelTable?

  func read(_ reference: RowReference) -> RowOutcome {
    if case .unusable(let error) = reference {
      return RowOutcome(place: error.place, result: .failed(error))
    }
    var outcome = RowOutcome(place: input.place(of: reference), path: input.path(of: reference))
    do throws(PackingError) {
      var row = try input.row(reference)
      outcome.path = row.path
      outcome.result = try result(of: &row, &outcome.texts, place: outcome.place)
      if row.isTextless { outcome.otherTexts = row.otherTexts }
    } catch {
      outcome.result = .failed(error)
    }
    return outcome
  }

  /// For rows of other parts: their paths decide about keys too.
  func readPath(_ reference: RowReference) -> RowOutcome {
    if case .unusable(let error) = reference { return RowOutcome(place: error.place) }
    var outcome = RowOutcome(place: input.place(of: reference), path: input.path(of: reference))
    guard outcome.path == nil else { return outcome }
    do throws(PackingError) {
      outcome.path = try input.row(reference).path
    } catch {
      if case .fault = error.reason { outcome.result = .failed(error) }
    }
    return outcome
  }

  /// The texts of a row, for counting; empty for a row that cannot be read.
  func countTexts(_ reference: RowReference) -> TextCounts.Row {
    if case .unusable = reference { return TextCounts.Row([]) }
    return TextCounts.Row((try? input.row(reference))?.captions ?? [])
  }

  private func result(
    of row: inout InputRow, _ dropped: inout DropCounts, place: String
  ) throws(PackingError) -> RowOutcome.Result {
    if let labels { row.labels = row.labels.map(labels.text) }
    if let texts, !row.captions.isEmpty {
      dropped = texts.apply(to: &row.captions)
      if row.isTextless { return .dropped(.noText) }
    }
    do throws(PackingError) {
      switch try pictures.read(row.picture) {
      case .dropped(let rule): return .dropped(rule)
      case .kept(let field, let mark): return .sample([field] + row.textFields(), mark)
      }
    } catch {
      // The picture's error names its file; the line number leads to the row.
      if error.place == place { throw error }
      throw PackingError("\(place), \(error.place)", error.reason)
    }
  }
}
