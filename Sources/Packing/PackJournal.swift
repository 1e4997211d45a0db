import Foundation

/// How far into an input the shards reach that are done, beside them as `.NAME.packing`: a packer
/// that continues passes over those rows without reading their pictures.
///
/// It is written after each shard and removed at the end. Without it, or where it says more than
/// the shards hold, a packer reads all rows again and writes only what is missing.
struct PackJournal: Codable, Equatable {
  /// Where in the input a sample stands.
  struct Mark: Codable, Equatable, Sendable {
    /// Rows up to the sample's, it included, of all parts.
    var rows = 0
    var counts = PackCounts()
  }

  /// The settings that decide what is packed; others may change.
  var settings: [String]
  var samples = 0
  var mark = Mark()

  static func file(_ settings: PackSettings) -> URL {
    settings.directory.appendingPathComponent(".\(settings.shardName).packing")
  }

  /// The journal of an earlier packer, nil without one that can be used.
  /// - Parameter found: samples in the shards that are there.
  /// - Throws: `PackingError` where it packed with other settings.
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
