import Foundation
import JSON

/// A file with one JSON object a line: `{"file": …, "caption": … or "captions": […],
/// "labels": […], "cls": n, "tokens": […]}`; other keys are kept.
struct JSONLinesInput: PackInput {
  private let file: InputFile
  private let root: InputRoot
  private let columns: ColumnNames

  /// - Parameter root: the folder that relative paths start from; nil: the file's folder.
  init(file url: URL, root: URL?, columns: ColumnNames) throws(PackingError) {
    file = try InputFile(path: url.path)
    self.root = InputRoot(root ?? url.deletingLastPathComponent())
    self.columns = columns
  }

  func walk() -> any RowWalk { LineWalk(LineScanner(file: file)) }

  func place(of reference: RowReference) -> String {
    guard case .line(let line) = reference else { return file.path }
    return "\(file.path) line \(line.number)"
  }

  func row(_ reference: RowReference) throws(PackingError) -> InputRow {
    guard case .line(let line) = reference else {
      preconditionFailure("a row of another input")
    }
    let place = place(of: reference)
    let bytes: [UInt8]
    do throws(PackingError) {
      bytes = try file.bytes(line)
    } catch {
      throw PackingError(place, error.reason)
    }
    do throws(PackingError.Reason) {
      var row = InputRow()
      try row.take(json: bytes, columns: columns)
      let names = columns.image.map { [$0] } ?? Column.image.customary
      guard let name = names.first(where: { row.others[$0] != nil }),
        case .string(let path)? = row.others.removeValue(forKey: name)
      else { throw .row("no text under `\(columns.image ?? "file")`") }
      try row.locate(path, in: root)
      return row
    } catch {
      throw PackingError(place, error)
    }
  }
}
