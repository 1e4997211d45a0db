import Foundation
import Images
import TestSupport

/// A folder of pictures with captions, packed by the command itself.
struct PackedWorld {
  let folder: TestFolder

  init() throws {
    folder = try TestFolder()
    for number in 0..<9 {
      let name = "pictures/part \(number % 2)/picture \(number)"
      let url = folder.file("\(name).png")
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      let pixels = (0..<300).map { UInt8(($0 * 7 + number * 31) % 256) }
      try Data(ImageEncoder.png(Picture(width: 10, height: 10, pixels: pixels))).write(to: url)
      try folder.write("picture number \(number) of nine", to: "\(name).txt")
    }
    let outcome = try shard("pack", "pictures", "--to", "data/nine")
    guard outcome.code == 0 else { throw Failure(text: outcome.all) }
  }

  struct Failure: Error { let text: String }

  func shard(_ arguments: String...) throws -> Job.Outcome {
    try Job.run("coca-shard", arguments, in: folder.url)
  }
}
