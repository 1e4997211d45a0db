import Foundation

/// A folder of files that is being written.
///
/// `create` makes it under a temporary name and renames it when all of it is on the disk.
public struct NewFolder {
  private let path: String
  private let files: any FileSystem
  private(set) var records: [FileRecord] = []

  init(_ path: String, _ files: any FileSystem) throws(CheckpointError) {
    self.path = path
    self.files = files
    try files.makeDirectory(path)
  }

  /// Writes a folder completely, or not at all.
  ///
  /// - Parameter url: does not exist, or is an empty folder. Files that a killed writer left in
  ///   `NAME.tmp` beside it are removed.
  /// - Throws: `CheckpointError`, of reason `.occupied` where something else exists there; or what
  ///   `body` throws. Then nothing is left, or the folder is complete.
  public static func create(
    _ url: URL, _ body: (inout NewFolder) throws -> Void
  ) throws {
    try create(url, files: SystemFiles(), body)
  }

  package static func create(
    _ url: URL, files: any FileSystem, _ body: (inout NewFolder) throws -> Void
  ) throws {
    try checkFree(url)
    let path = url.path, temporary = path + ".tmp"
    let parent = (path as NSString).deletingLastPathComponent
    try files.makeDirectories(parent)
    try remove(temporary, files)
    do {
      var folder = try NewFolder(temporary, files)
      try body(&folder)
      try files.syncDirectory(temporary)
      try files.rename(temporary, to: path)
    } catch {
      try? remove(temporary, files)
      throw error
    }
    try files.syncDirectory(parent)
  }

  /// - Throws: `CheckpointError` of reason `.occupied` where something exists that is not an empty
  ///   folder.
  public static func checkFree(_ url: URL) throws(CheckpointError) {
    guard exists(url.path) else { return }
    guard isDirectory(url.path), try SystemFiles().list(url.path).isEmpty else {
      throw CheckpointError(url.path, .occupied)
    }
  }

  /// Removes what a killed writer left: files only, never a folder that holds folders.
  private static func remove(_ path: String, _ files: any FileSystem) throws(CheckpointError) {
    if isDirectory(path) {
      for name in try files.list(path) { try files.remove("\(path)/\(name)") }
    }
    try files.remove(path)
  }

  /// Writes `NAME.safetensors`, or above `fileBytes` several files and their index.
  /// - Precondition: names differ.
  public mutating func write(
    _ tensors: [TensorSource], metadata: [String: String], name: String,
    fileBytes: Int = TensorFiles.fileBytes
  ) throws(CheckpointError) {
    records += try TensorFiles.write(
      tensors, metadata: metadata, name: name, folder: path, fileBytes: fileBytes, files)
  }

  public mutating func write(_ data: Data, name: String) throws(CheckpointError) {
    precondition(FileRecord.isPlainName(name) && !records.contains { $0.name == name })
    records.append(
      try OutputFile.create("\(path)/\(name)", files) { (file) throws(CheckpointError) in
        try file.write(Array(data))
      })
  }

  /// Writes a checkpoint.
  /// - Returns: the bytes written.
  mutating func write(
    _ contents: CheckpointContents, serial: Int, fileBytes: Int
  ) throws(CheckpointError) -> Int {
    let metadata = ["format": "pt", "step": String(contents.step)]
    try write(contents.model, metadata: metadata, name: "model", fileBytes: fileBytes)
    for (name, tensors) in contents.optimizer.sorted(by: { $0.key < $1.key }) {
      try write(tensors, metadata: metadata, name: "optimizer-\(name)", fileBytes: fileBytes)
    }
    for (name, data) in contents.attachments.sorted(by: { $0.key < $1.key }) {
      try write(data, name: name)
    }
    let state = CheckpointState(
      step: contents.step, serial: serial, seed: contents.seed, version: contents.version,
      configuration: contents.configuration, progress: contents.progress, files: records)
    try write(Data(state.contents), name: CheckpointState.fileName)
    try files.syncDirectory(path)
    return records.reduce(0) { $0 + $1.bytes }
  }
}

extension Checkpoint {
  /// Writes a checkpoint that belongs to no run, completely or not at all.
  /// - Throws: as `NewFolder.create`.
  public static func write(_ contents: CheckpointContents, to url: URL) throws {
    try NewFolder.create(url) {
      _ = try $0.write(contents, serial: 1, fileBytes: TensorFiles.fileBytes)
    }
  }
}
