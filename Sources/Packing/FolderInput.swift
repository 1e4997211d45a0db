import Foundation
import Records

/// A folder of pictures, each with a `.txt` (its caption) or a `.json` (an object as in jsonl) of
/// the same stem beside it.
struct FolderInput: PackInput {
  private let folder: String
  private let columns: ColumnNames
  /// Refuses a picture without either.
  private let needsText: Bool
  static let suffixes: Set<String> = ["jpg", "jpeg", "png", "webp", "gif"]

  init(folder url: URL, columns: ColumnNames, needsText: Bool = true) throws(PackingError) {
    folder = url.path
    self.columns = columns
    self.needsText = needsText
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder) else {
      throw PackingError(folder, .missing)
    }
    guard isFolder.boolValue else { throw PackingError(folder, .notAFolder) }
  }

  func walk() -> any RowWalk { FolderWalk(folder: folder) }

  func place(of reference: RowReference) -> String {
    guard case .picture(let path, _, _) = reference else { return folder }
    return "\(folder)/\(path)"
  }

  func row(_ reference: RowReference) throws(PackingError) -> InputRow {
    guard case .picture(let path, let hasText, let hasJSON) = reference else {
      preconditionFailure("a row of another input")
    }
    let file = "\(folder)/\(path)"
    guard hasText || hasJSON || !needsText else { throw PackingError(file, .noText) }
    var row = InputRow(path: path, picture: .file(file))
    let stem = file[..<(file.lastIndex(of: ".") ?? file.endIndex)]
    if hasText {
      let bytes = try InputFile.read(
        path: "\(stem).txt", what: "the text", limit: RecordLimits.textBytes)
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw PackingError("\(stem).txt", .row("not UTF-8"))
      }
      row.add(caption: text)
    }
    if hasJSON {
      let bytes = try InputFile.read(
        path: "\(stem).json", what: "the text", limit: RecordLimits.jsonBytes)
      do throws(PackingError.Reason) {
        try row.take(json: bytes, columns: columns)
      } catch {
        throw PackingError("\(stem).json", error)
      }
    }
    return row
  }
}

/// Walks through a folder and those inside it, each sorted by the bytes of the names; hidden files
/// are left out, and links to folders are not followed. Memory: the names of the folders on the
/// way down to the current one.
struct FolderWalk: RowWalk {
  private struct Level {
    var prefix: String
    var names: [String]
    var all: Set<String>
    var position = 0
  }

  private let folder: String
  private let prefix: String
  private var levels: [Level] = []
  private var hasBegun = false
  private(set) var ignored = IgnoredFiles()
  let fraction: Double? = nil

  /// - Parameter prefix: the folder inside `folder` to walk through; paths begin with it.
  init(folder: String, prefix: String = "") {
    self.folder = folder
    self.prefix = prefix
  }

  mutating func next() throws(PackingError) -> RowReference? {
    if !hasBegun {
      hasBegun = true
      levels.append(try Self.list(folder, prefix: prefix))
    }
    while let level = levels.last {
      guard level.position < level.names.count else {
        levels.removeLast()
        continue
      }
      levels[levels.count - 1].position += 1
      let name = level.names[level.position]
      let path = level.prefix + name
      if Self.isPicture(name) {
        let stem = name[..<(name.lastIndex(of: ".") ?? name.endIndex)]
        return .picture(
          path: path, hasText: level.all.contains("\(stem).txt"),
          hasJSON: level.all.contains("\(stem).json"))
      }
      if isFolder(path) {
        levels.append(try Self.list(folder, prefix: path + "/"))
      } else if !Self.isText(name, in: level) {
        ignored.add(file: name)
      }
    }
    return nil
  }

  static func isPicture(_ name: String) -> Bool {
    guard let dot = name.lastIndex(of: ".") else { return false }
    return FolderInput.suffixes.contains(name[name.index(after: dot)...].lowercased())
  }

  /// Whether a file is the text of a picture beside it.
  private static func isText(_ name: String, in level: Level) -> Bool {
    guard name.hasSuffix(".txt") || name.hasSuffix(".json") else { return false }
    let stem = name[..<(name.lastIndex(of: ".") ?? name.endIndex)]
    return FolderInput.suffixes.contains {
      level.all.contains("\(stem).\($0)") || level.all.contains("\(stem).\($0.uppercased())")
    }
  }

  private static func list(_ folder: String, prefix: String) throws(PackingError) -> Level {
    let names = try names(in: "\(folder)/\(prefix)")
    return Level(prefix: prefix, names: names, all: Set(names))
  }

  /// The visible names in a folder, sorted by their bytes.
  static func names(in path: String) throws(PackingError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path)
        .filter { !$0.hasPrefix(".") }
        .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    } catch {
      throw PackingError(path, .unreadable(error.localizedDescription))
    }
  }

  private func isFolder(_ path: String) -> Bool {
    var status = stat()
    return lstat("\(folder)/\(path)", &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
