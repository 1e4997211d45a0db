import Foundation
import Records

extension TestFolder {
  /// Writes a set of several shards with several frames of a few samples each.
  /// - Parameter path: the set's folder; its shards have the name of the last part.
  @discardableResult
  public func records(
    _ path: String, _ samples: [Sample], shardBytes: Int = 2 << 10, frameBytes: Int = 1 << 10
  ) throws -> RecordSet {
    let directory = file(path)
    let writer = try RecordWriter(
      directory: directory, name: directory.lastPathComponent, shardBytes: shardBytes,
      frameBytes: frameBytes, level: 1, origin: "a test")
    for sample in samples { try writer.append(sample) }
    _ = try writer.finish()
    return try RecordSet(directory: directory)
  }
}
