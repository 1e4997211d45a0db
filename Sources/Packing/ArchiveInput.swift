import Foundation
import Images
import Records

/// Tars in WebDataset's layout, plain or compressed, one or a folder of them: what img2dataset and
/// webdataset write, and shards of this project.
struct ArchiveInput: PackInput {
  static let suffixes = [".tar", ".tar.gz", ".tgz", ".tar.zst"]

  private let archives: [String]
  /// All archives, also those of other parts.
  private let all: [String]
  private let others: IgnoredFiles
  private let columns: ColumnNames

  /// - Parameter part: takes every archive whose number modulo `count` is `index`.
  init(_ url: URL, columns: ColumnNames, part: PackSettings.Part?) throws(PackingError) {
    guard FileManager.default.fileExists(atPath: url.path) else {
      throw PackingError(url.path, .missing)
    }
    var all = [url.path]
    var others = IgnoredFiles()
    if url.isFolder {
      let names = try FolderWalk.names(in: url.path)
      all = names.filter(Self.isArchive).map { "\(url.path)/\($0)" }
      for name in names where !Self.isArchive(name) { others.add(file: name) }
    }
    archives = part.map { part in
      all.enumerated().filter { $0.offset % part.count == part.index }.map(\.element)
    } ?? all
    self.all = all
    self.others = others
    self.columns = columns
  }

  static func isArchive(_ name: String) -> Bool { suffixes.contains { name.hasSuffix($0) } }

  let isStream = true

  func walk() -> any RowWalk { ArchiveWalk(archives, ignored: others) }

  func textWalk() -> any RowWalk { ArchiveWalk(all, ignored: others, readsPictures: false) }

  func place(of reference: RowReference) -> String {
    guard case .sample(let sample) = reference else { return "" }
    return sample.place
  }

  func path(of reference: RowReference) -> String? {
    guard case .sample(let sample) = reference else { return nil }
    return sample.key + ".jpg"
  }

  func row(_ reference: RowReference) throws(PackingError) -> InputRow {
    guard case .sample(let sample) = reference else {
      preconditionFailure("a row of another input")
    }
    do throws(PackingError.Reason) {
      return try sample.row(columns: columns)
    } catch {
      throw PackingError(sample.place, error)
    }
  }
}

/// Visits the samples of archives, one archive after another. An archive that cannot be read any
/// further is reported, and the next one begun.
struct ArchiveWalk: RowWalk {
  private let archives: [String]
  /// Whether pictures' bytes are read; otherwise they are skipped and an empty picture is used.
  private let readsPictures: Bool
  private var number = 0
  private var reader: ArchiveReader?
  private var sample: ArchivedSample?
  private var members = 0
  private var waiting: [RowReference] = []
  private(set) var ignored: IgnoredFiles

  init(_ archives: [String], ignored: IgnoredFiles, readsPictures: Bool = true) {
    self.archives = archives
    self.readsPictures = readsPictures
    self.ignored = ignored
  }

  var fraction: Double? {
    guard !archives.isEmpty else { return nil }
    return (Double(number) - 1 + (reader?.fraction ?? 1)) / Double(archives.count)
  }

  mutating func next() throws(PackingError) -> RowReference? {
    while waiting.isEmpty {
      guard let reader else {
        guard number < archives.count else { return nil }
        open(archives[number])
        continue
      }
      do throws(PackingError) {
        try step(reader)
      } catch {
        sample?.fail(.row("the archive is cut off inside it"))
        close()
        waiting.append(.unusable(error))
      }
    }
    return waiting.removeFirst()
  }

  private mutating func open(_ path: String) {
    number += 1
    members = 0
    do throws(PackingError) {
      reader = try ArchiveReader(path: path)
    } catch {
      waiting.append(.unusable(error))
    }
  }

  private mutating func close() {
    endSample()
    reader = nil
  }

  private mutating func step(_ reader: ArchiveReader) throws(PackingError) {
    guard let item = try reader.next() else {
      close()
      if members == 0 { waiting.append(.unusable(PackingError(reader.path, .row("no members")))) }
      return
    }
    members += 1
    switch item {
    case .folder: break
    case .damage(let why):
      sample?.fail(.row("the archive is damaged inside or after it"))
      endSample()
      waiting.append(.unusable(PackingError(reader.path, .row("damaged: \(why)"))))
    case .other(let name, let kind): refuse(name, in: reader, .row("the member is \(kind)"))
    case .file(let name, let bytes): try take(name, bytes: bytes, of: reader)
    }
  }

  private mutating func take(
    _ written: String, bytes: Int, of reader: ArchiveReader
  ) throws(PackingError) {
    let name = written.hasPrefix("./") ? String(written.dropFirst(2)) : written
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard !name.hasPrefix("/"), !parts.contains("..") else {
      return refuse(written, in: reader, .climbs(written))
    }
    guard let (key, suffix) = ArchivedSample.split(name) else { return ignored.add(file: name) }
    if sample?.key.utf8.elementsEqual(key.utf8) != true {
      endSample()
      sample = ArchivedSample(archive: reader.path, key: key)
    }
    guard ArchivedSample.suffixes[suffix] != nil else { return ignored.add(suffix: suffix) }
    guard sample?.admits(suffix, bytes: bytes) == true else { return }
    let isRead = readsPictures || !ImageFormat.suffixes.contains(suffix)
    sample?.add(suffix, isRead ? try reader.read(bytes) : [])
  }

  private mutating func refuse(
    _ name: String, in reader: ArchiveReader, _ reason: PackingError.Reason
  ) {
    waiting.append(.unusable(PackingError("\(reader.path), \(name)", reason)))
  }

  private mutating func endSample() {
    if let sample, !sample.isEmpty { waiting.append(.sample(sample)) }
    sample = nil
  }
}
