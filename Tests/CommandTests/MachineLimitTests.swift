import Foundation
import TestSupport
import Testing

/// What the machine refuses is told with 74 or 64; it never makes a smaller dataset.
@Suite("A machine's limits")
struct MachineLimitTests {
  private func world(pictures count: Int = 40) throws -> TestFolder {
    let folder = try TestFolder()
    let world = try PackedWorld()
    let picture = try world.folder.bytes("pictures/part 0/picture 0.png")
    for number in 0..<count {
      try folder.write(picture, to: "pictures/\(number).png")
      try folder.write("picture \(number)", to: "pictures/\(number).txt")
    }
    return folder
  }

  @Test("too few open files end pack with 74: no picture is left out", arguments: [5, 6, 7, 8, 64])
  func openFiles(limit: Int) throws {
    let folder = try world()
    let outcome = try Job.run(
      "coca-shard", ["pack", "pictures", "--to", "out", "--jobs", "16"], in: folder.url,
      after: "ulimit -n \(limit)")
    if outcome.code == 0 {
      #expect(outcome.all.contains("40 samples") && outcome.all.contains("0 skipped"))
    } else {
      #expect(outcome.code == 74 && outcome.errors.contains("Too many open files"))
    }
    #expect(limit < 6 ? outcome.code == 74 : limit < 64 || outcome.code == 0, "\(outcome.all)")
    #expect(folder.exists("out/index.json") == (outcome.code == 0))
    let again = try Job.run("coca-shard", ["pack", "pictures", "--to", "out"], in: folder.url)
    #expect(outcome.code == 0 || again.code == 0, "\(again.all)")
  }

  @Test("a limit on the size of files ends pack with 74 and leaves no half shard")
  func fileSize() throws {
    let folder = try world(pictures: 200)
    let outcome = try Job.run(
      "coca-shard", ["pack", "pictures", "--to", "out"], in: folder.url, after: "ulimit -f 4")
    #expect(outcome.code == 74 && outcome.errors.contains("File too large"), "\(outcome.all)")
    #expect(!folder.exists("out"))
  }
}
