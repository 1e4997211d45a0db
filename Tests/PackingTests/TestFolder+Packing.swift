import Foundation
import Packing
import Records
import TestSupport

extension TestFolder {
  /// Packs `input` into the folder `to`; gives the counts and the errors of skipped rows.
  func pack(
    _ input: String, to: String = "out", _ change: (inout PackSettings) -> Void = { _ in }
  ) throws -> (counts: PackCounts, skipped: [PackingError]) {
    var settings = PackSettings(input: file(input), directory: file(to))
    settings.jobs = 2
    change(&settings)
    var packer = try Packer(settings)
    var skipped: [PackingError] = []
    let (counts, _) = try packer.run { event in
      if case .skipped(let error) = event { skipped.append(error) }
    }
    return (counts, skipped)
  }

  /// What packing `input` tells of it as a whole.
  func notices(
    _ input: String, to: String = "out", _ change: (inout PackSettings) -> Void = { _ in }
  ) throws -> [String] {
    var settings = PackSettings(input: file(input), directory: file(to))
    change(&settings)
    var packer = try Packer(settings)
    var notices: [String] = []
    _ = try packer.run { event in
      if case .notice(let text) = event { notices.append(text) }
    }
    return notices
  }

  /// All samples of a dataset, in order.
  func samples(_ to: String = "out") throws -> [Sample] {
    let set = try RecordSet(directory: file(to))
    return try set.index.shards.indices.flatMap { shard in
      let reader = try set.open(shard: shard)
      return try reader.frameSamples.indices.flatMap { try reader.read(frame: $0) }
    }
  }

  /// Name and bytes of every file in a folder.
  func contents(_ to: String) throws -> [String: Data] {
    try Dictionary(uniqueKeysWithValues: names(in: to).map { ($0, try data("\(to)/\($0)")) })
  }
}
