import Foundation
import Images
import Packing
import Records

/// A folder of a test's own, removed with it.
final class TemporaryFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "pack-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  @discardableResult
  func write(_ path: String, _ bytes: [UInt8]) throws -> URL {
    let file = url.appending(path: path)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
    return file
  }

  @discardableResult
  func write(_ path: String, _ text: String) throws -> URL { try write(path, Array(text.utf8)) }

  /// Packs `input` into the folder `to`; gives the counts and the errors of skipped rows.
  func pack(
    _ input: String, to: String = "out", _ change: (inout PackSettings) -> Void = { _ in }
  ) throws -> (counts: PackCounts, skipped: [PackingError]) {
    var settings = PackSettings(
      input: url.appending(path: input), directory: url.appending(path: to))
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
    var settings = PackSettings(
      input: url.appending(path: input), directory: url.appending(path: to))
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
    let set = try RecordSet(directory: url.appending(path: to))
    return try set.index.shards.indices.flatMap { shard in
      let reader = try set.open(shard: shard)
      return try reader.frameSamples.indices.flatMap { try reader.read(frame: $0) }
    }
  }

  /// Name and bytes of every file in a folder.
  func contents(_ to: String) throws -> [String: Data] {
    let folder = url.appending(path: to)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    return try Dictionary(uniqueKeysWithValues: names.map {
      ($0, try Data(contentsOf: folder.appending(path: $0)))
    })
  }
}

/// Small pictures that differ by `shade`.
enum TestPicture {
  static func png(_ shade: Int, width: Int = 3, height: Int = 2) throws -> [UInt8] {
    try ImageEncoder.png(picture(shade, width, height))
  }

  static func jpeg(_ shade: Int, width: Int = 3, height: Int = 2) throws -> [UInt8] {
    try ImageEncoder.jpeg(picture(shade, width, height))
  }

  private static func picture(_ shade: Int, _ width: Int, _ height: Int) -> Picture {
    let count = width * height * 3
    return Picture(
      width: width, height: height,
      pixels: (0..<count).map { UInt8(truncatingIfNeeded: shade * 37 + $0) })
  }
}
