import Foundation
import Records

/// A folder of pictures, each with a `.txt` (its caption) or a `.json` (an object as in jsonl) of
/// the same stem beside it.
struct FolderInput: PackInput {
  private let folder: String
  static let suffixes: Set<String> = ["jpg", "jpeg", "png", "webp"]

  init(folder url: URL) throws(PackingError) {
    folder = url.path
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
    guard hasText || hasJSON else { throw PackingError(file, .noText) }
    var row = InputRow(path: path, file: file)
    let stem = file[..<(file.lastIndex(of: ".") ?? file.endIndex)]
    if hasText {
      row.add(caption: try Self.text("\(stem).txt", limit: RecordLimits.textBytes))
    }
    if hasJSON {
      let text = try Self.text("\(stem).json", limit: RecordLimits.jsonBytes)
      _ = try row.take(json: text, at: "\(stem).json")
    }
    return row
  }

  private static func text(_ path: String, limit: Int) throws(PackingError) -> String {
    let bytes = try InputFile.read(path: path, what: "the text", limit: limit)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw PackingError(path, .row("not UTF-8"))
    }
    return text
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
  private var levels: [Level] = []
  private var hasBegun = false
  let fraction: Double? = nil

  init(folder: String) { self.folder = folder }

  mutating func next() throws(PackingError) -> RowReference? {
    if !hasBegun {
      hasBegun = true
      levels.append(try list(prefix: ""))
    }
    while let level = levels.last {
      guard level.position < level.names.count else {
        levels.removeLast()
        continue
      }
      levels[levels.count - 1].position += 1
      let name = level.names[level.position]
      let path = level.prefix + name
      if let dot = name.lastIndex(of: "."),
        FolderInput.suffixes.contains(name[name.index(after: dot)...].lowercased())
      {
        let stem = name[..<dot]
        return .picture(
          path: path, hasText: level.all.contains("\(stem).txt"),
          hasJSON: level.all.contains("\(stem).json"))
      }
      if isFolder(path) { levels.append(try list(prefix: path + "/")) }
    }
    return nil
  }

  private func list(prefix: String) throws(PackingError) -> Level {
    let path = "\(folder)/\(prefix)"
    do {
      let names = try FileManager.default.contentsOfDirectory(atPath: path)
        .filter { !$0.hasPrefix(".") }
        .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      return Level(prefix: prefix, names: names, all: Set(names))
    } catch {
      throw PackingError(path, .unreadable(error.localizedDescription))
    }
  }

  private func isFolder(_ path: String) -> Bool {
    var status = stat()
    return lstat("\(folder)/\(path)", &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
