import Records

/// What became of a row.
struct RowOutcome: Sendable {
  /// Where the row is, for a person.
  var place: String
  /// The picture's path below the root; nil where the row does not tell.
  var path: String?
  /// The sample's fields; nil for a row of another part.
  var result: Result<[Field], PackingError>?
}

/// Reads rows on any thread.
struct RowReader: Sendable {
  let input: any PackInput
  let pictures: PictureReader

  func read(_ reference: RowReference) -> RowOutcome {
    if case .unusable(let error) = reference {
      return RowOutcome(place: error.place, result: .failure(error))
    }
    var outcome = RowOutcome(place: input.place(of: reference))
    do throws(PackingError) {
      let row = try input.row(reference)
      outcome.path = row.path
      outcome.result = .success(try fields(of: row, place: outcome.place))
    } catch {
      outcome.path = outcome.path ?? input.path(of: reference)
      outcome.result = .failure(error)
    }
    return outcome
  }

  /// For rows of other parts, whose paths decide about keys all the same.
  func readPath(_ reference: RowReference) -> RowOutcome {
    if case .unusable(let error) = reference { return RowOutcome(place: error.place) }
    let path = input.path(of: reference) ?? (try? input.row(reference))?.path
    return RowOutcome(place: input.place(of: reference), path: path)
  }

  private func fields(of row: InputRow, place: String) throws(PackingError) -> [Field] {
    do throws(PackingError) {
      return [try pictures.field(row.picture)] + row.textFields()
    } catch {
      // The picture's own error names its file; a line's number leads to the row.
      if error.place == place { throw error }
      throw PackingError("\(place), \(error.place)", error.reason)
    }
  }
}
