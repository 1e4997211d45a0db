import Foundation

/// A file with one JSON object a line: `{"file": …, "caption": … or "captions": […],
/// "labels": […], "cls": n, "tokens": […]}`; other keys are kept.
struct JSONLinesInput: PackInput {
  private let file: InputFile
  private let root: InputRoot

  /// - Parameter root: where relative paths begin; the file's own folder if nil.
  init(file url: URL, root: URL?) throws(PackingError) {
    file = try InputFile(path: url.path)
    self.root = InputRoot(root ?? url.deletingLastPathComponent())
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
    var row = InputRow(path: "", file: "")
    do throws(PackingError) {
      let stated = try row.take(json: try file.text(line), at: place)
      guard case .text(let path)? = stated else {
        throw PackingError(place, .row("no text under `file`"))
      }
      do throws(PackingError.Reason) {
        (row.path, row.file) = try root.resolve(path)
      } catch {
        throw PackingError(place, error)
      }
    } catch {
      throw PackingError(place, error.reason)
    }
    return row
  }
}
