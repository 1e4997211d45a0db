import Foundation

/// How much of an input is in finished shards. It is kept beside them as `.NAME.packing`, so that a
/// packer that continues can skip those rows without reading their pictures.
///
/// It is written after each shard and removed at the end. Without it, or where it claims more than
/// the shards hold, a packer reads all rows again and writes only what is missing.
struct PackJournal: Codable, Equatable {
  /// Where in the input a sample is.
  struct Mark: Codable, Equatable, Sendable {
    /// The number of rows of all parts up to the sample's row, which is included.
    var rows = 0
    var counts = PackCounts()
  }

  /// The settings that decide what is packed; the other settings may change.
  var settings: [String]
  var samples = 0
  var mark = Mark()

  static func file(_ settings: PackSettings) -> URL {
    settings.directory.appendingPathComponent(".\(settings.shardName).packing")
  }

  /// The journal of an earlier packer; nil where there is none that can be used.
  /// - Parameter found: how many samples are in the existing shards.
  /// - Throws: `PackingError` where the earlier packer had other settings.
  static func load(_ settings: PackSettings, found: Int) throws(PackingError) -> PackJournal? {
    let file = file(settings)
    guard let bytes = try? InputFile.read(path: file.path, what: "", limit: 1 << 20),
      let journal = try? JSONDecoder().decode(PackJournal.self, from: Data(bytes))
    else { return nil }
    guard journal.settings == settings.decisive else {
      throw PackingError(file.path, .otherSettings)
    }
    let isPossible = journal.samples <= found && journal.mark.rows >= journal.samples
    return isPossible ? journal : nil
  }

  func save(_ settings: PackSettings) throws(PackingError) {
    guard let bytes = try? JSONEncoder().encode(self) else {
      preconditionFailure("counts can be spelt")
    }
    try AtomicFile.write(bytes, to: Self.file(settings))
  }

  static func remove(_ settings: PackSettings) { unlink(file(settings).path) }
}
