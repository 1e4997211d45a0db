import Checksums
import Foundation
import Pipeline
import Records

/// What a source holds. A checkpoint keeps it: on other data, a resumed run is no longer the run
/// that was stopped, although its run file is the same.
struct SourceMark: Codable, Equatable {
  let name: String
  let samples: Int
  let shards: Int
  /// Of the names, sizes, counts and checksums of all shards, from `index.json`.
  let xxh64: String

  init(_ source: SampleSource) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let all = source.records.map(\.index.shards)
    name = source.name
    samples = source.samples
    shards = all.reduce(0) { $0 + $1.count }
    xxh64 = Checksum.text(of: try encoder.encode(all))
  }

  private var size: String { "\(samples.of("sample")) in \(shards.of("shard"))" }

  /// What to tell of a source that held something else before; nil where it did not.
  func change(from before: SourceMark) -> String? {
    guard before != self else { return nil }
    let what = before.size == size ? "as many samples, but other shards"
      : "\(size) now, \(before.size) in the checkpoint"
    return "data: \(name) is not what the run was trained on so far: \(what). From here on its "
      + "samples are drawn in a new order; restore the data to repeat the run that was stopped"
  }
}
