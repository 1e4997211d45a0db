import Foundation
import Records

/// The formats of inputs that `coca-shard pack` knows by name.
public enum InputFormat: String, Sendable, CaseIterable {
  case folder, jsonl, tsv, csv, webdataset, coco, imagefolder

  /// Guesses the format from the input's kind and suffix; a folder that holds a tar is
  /// `webdataset`.
  public init(guessing input: URL) throws(PackingError) {
    guard FileManager.default.fileExists(atPath: input.path) else {
      throw PackingError(input.path, .missing)
    }
    if input.isFolder {
      let names = try FolderWalk.names(in: input.path)
      self = names.contains(where: ArchiveInput.isArchive) ? .webdataset : .folder
      return
    }
    if ArchiveInput.isArchive(input.lastPathComponent) {
      self = .webdataset
      return
    }
    switch input.pathExtension.lowercased() {
    case "jsonl", "ndjson": self = .jsonl
    case "tsv", "txt": self = .tsv
    case "csv": self = .csv
    case "json": self = .coco
    default: throw PackingError(input.path, .unknownFormat)
    }
  }
}
