import Foundation
import Images
import Records

/// A folder of pictures, each beside a `.txt` (its caption) or a `.json` (an object as in jsonl)
/// with the same stem.
struct FolderInput: PackInput {
  private let folder: String
  private let columns: ColumnNames
  /// Where links of texts may lead; nil: anywhere.
  private let bounds: String?
  /// Whether a picture without either is refused.
  private let needsText: Bool

  init(
    folder url: URL, columns: ColumnNames, within bounds: String?, needsText: Bool = true
  ) throws(PackingError) {
    folder = url.path
    self.bounds = bounds
    self.columns = columns
    self.needsText = needsText
    guard FileManager.default.fileExists(atPath: folder) else {
      throw PackingError(folder, .missing)
    }
    guard url.isFolder else { throw PackingError(folder, .notAFolder) }
  }

  func walk() -> any RowWalk { FolderWalk(folder: folder) }

  func place(of reference: RowReference) -> String {
    guard case .picture(let path, _, _) = reference else { return folder }
    return "\(folder)/\(path)"
  }

  func row(_ reference: RowReference) throws(PackingError) -> InputRow {
    guard case .picture(let path, let text, let json) = reference else {
      preconditionFailure("a row of another input")
    }
    let file = "\(folder)/\(path)"
    guard text != nil || json != nil || !needsText else { throw PackingError(file, .noText) }
    var row = InputRow(path: path, picture: .file(file))
    let stem = file[..<(file.lastIndex(of: ".") ?? file.endIndex)]
    if let text {
      let place = "\(stem).\(text)"
      let bytes = try InputFile.read(
        path: place, what: "the text", limit: RecordLimits.textBytes, within: bounds)
      guard let caption = String(validating: bytes, as: UTF8.self) else {
        throw PackingError(place, .row("not UTF-8"))
      }
      row.add(caption: caption)
    }
    if let json {
      let place = "\(stem).\(json)"
      let bytes = try InputFile.read(
        path: place, what: "the text", limit: RecordLimits.jsonBytes, within: bounds)
      do throws(PackingError.Reason) {
        try row.take(json: bytes, columns: columns)
      } catch {
        throw PackingError(place, error)
      }
    }
    return row
  }
}

/// Visits a folder and the folders in it, each sorted by the bytes of the names. Hidden files are
/// left out, and links to folders are not followed. Memory: the names in the folders on the way
/// down to the present one.
struct FolderWalk: RowWalk {
  private struct Level {
    let prefix: String
    let names: [String]
    /// Stems of pictures: their names without suffix.
    private(set) var pictures = Set<Substring>()
    /// A text's suffix as it is written, by its name with the suffix in lower case.
    private(set) var texts: [String: String] = [:]
    var position = 0

    /// - Parameter names: sorted, so that of `a.TXT` and `a.txt` the latter counts.
    init(prefix: String, names: [String]) {
      (self.prefix, self.names) = (prefix, names)
      for name in names {
        let (stem, suffix) = FolderWalk.split(name)
        let lower = suffix.lowercased()
        if ImageFormat.suffixes.contains(lower) {
          pictures.insert(stem)
        } else if FolderWalk.textSuffixes.contains(lower) {
          texts["\(stem).\(lower)"] = String(suffix)
        }
      }
    }
  }

  private static let textSuffixes = ["txt", "json"]

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
        let stem = Self.split(name).stem
        return .picture(
          path: path, text: level.texts["\(stem).txt"], json: level.texts["\(stem).json"])
      }
      if try Self.isFolder("\(folder)/\(path)") {
        levels.append(try Self.list(folder, prefix: path + "/"))
      } else if !Self.isText(name, in: level) {
        ignored.add(file: name)
      }
    }
    return nil
  }

  private static func isPicture(_ name: String) -> Bool {
    ImageFormat.suffixes.contains(split(name).suffix.lowercased())
  }

  /// Whether a file is the text of a picture beside it.
  private static func isText(_ name: String, in level: Level) -> Bool {
    let (stem, suffix) = split(name)
    return textSuffixes.contains(suffix.lowercased()) && level.pictures.contains(stem)
  }

  /// The parts before and after a name's last dot; if there is none, all of it is the first part.
  private static func split(_ name: String) -> (stem: Substring, suffix: Substring) {
    guard let dot = name.lastIndex(of: ".") else { return (name[...], "") }
    return (name[..<dot], name[name.index(after: dot)...])
  }

  private static func list(_ folder: String, prefix: String) throws(PackingError) -> Level {
    Level(prefix: prefix, names: try names(in: "\(folder)/\(prefix)"))
  }

  /// The visible names in a folder, sorted by their bytes.
  static func names(in path: String) throws(PackingError) -> [String] {
    do throws(SystemError) {
      return try FolderListing.names(in: path).filter { !$0.hasPrefix(".") }
    } catch {
      throw PackingError(path, .unreadable("\(error)"))
    }
  }

  /// - Throws: where the system does not tell; to take it for a file would lose what is in it.
  static func isFolder(
    _ path: String, followingLinks: Bool = false
  ) throws(PackingError) -> Bool {
    do throws(SystemError) {
      return try FolderListing.isFolder(path, followingLinks: followingLinks)
    } catch {
      throw PackingError(path, .unreadable("\(error)"))
    }
  }
}
