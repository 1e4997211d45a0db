import Foundation
import Records

/// A folder with one folder of pictures for each class, as torchvision's ImageFolder reads it.
///
/// Classes are numbered in the order of the folders' names by their bytes, empty folders too. A
/// class's folder may be a link inside the root, and may have folders in it. Texts beside a picture
/// are read as in `FolderInput`, but are optional.
struct ImageFolderInput: PackInput {
  private let folder: String
  private let pictures: FolderInput
  private let folders: [String]
  private let numbers: [String: Int]
  private let table: LabelTable

  init(
    folder url: URL, columns: ColumnNames, within bounds: String?, table: LabelTable
  ) throws(PackingError) {
    folder = url.path
    pictures = try FolderInput(folder: url, columns: columns, within: bounds, needsText: false)
    var folders: [String] = []
    for name in try FolderWalk.names(in: url.path)
    where try FolderWalk.isFolder("\(url.path)/\(name)", followingLinks: true) {
      folders.append(name)
    }
    self.folders = folders
    guard !folders.isEmpty else { throw PackingError(url.path, .noClasses) }
    numbers = Dictionary(uniqueKeysWithValues: folders.enumerated().map { ($1, $0) })
    self.table = table
    if let names = table.names, let missing = folders.first(where: { names[$0] == nil }) {
      throw PackingError(names.place, .row("no line names the class \(missing)"))
    }
  }

  func walk() -> any RowWalk { ClassWalk(folder: folder, classes: folders) }

  func place(of reference: RowReference) -> String { pictures.place(of: reference) }

  func row(_ reference: RowReference) throws(PackingError) -> InputRow {
    var row = try pictures.row(reference)
    guard let name = row.path.split(separator: "/").first.map(String.init),
      let number = numbers[name]
    else { preconditionFailure("a picture outside the classes") }
    row.labels.insert(spaced(table.text(name)), at: 0)
    row.classIndex = number
    return row
  }

  var classes: [String]? { folders.map { spaced(table.names?[$0] ?? $0) } }

  /// The class name where no table gives one: the folder's name with spaces for underscores.
  private func spaced(_ name: String) -> String {
    table.names == nil ? name.split(separator: "_").joined(separator: " ") : name
  }
}

/// Walks through the classes' folders one after another.
private struct ClassWalk: RowWalk {
  let folder: String
  let classes: [String]
  private var number = 0
  private var current: FolderWalk?
  private var before = IgnoredFiles()

  init(folder: String, classes: [String]) {
    self.folder = folder
    self.classes = classes
  }

  var fraction: Double? { Double(number) / Double(classes.count) }

  var ignored: IgnoredFiles { before.adding(current?.ignored) }

  mutating func next() throws(PackingError) -> RowReference? {
    while true {
      if let reference = try current?.next() { return reference }
      before = ignored
      current = nil
      guard number < classes.count else { return nil }
      current = FolderWalk(folder: folder, prefix: classes[number] + "/")
      number += 1
    }
  }
}
