import Foundation
import TestSupport
import Testing

private let hasZstd = (ProcessInfo.processInfo.environment["PATH"] ?? "")
  .split(separator: ":").contains { FileManager.default.isExecutableFile(atPath: "\($0)/zstd") }

/// What `docs/packing.md` says of memory, with an address space that holds no more.
@Suite("Memory of pack", .enabled(if: hasZstd))
struct PackMemoryTests {
  /// Kilobytes: the program itself, samples on their way and a window.
  private static let limit = 1_200_000

  private func pack(_ script: String) throws -> Job.Outcome {
    let world = try PackedWorld()
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.arguments = ["-ec", "mkdir tars; cd tars; " + script]
    shell.currentDirectoryURL = world.folder.url
    try shell.run()
    shell.waitUntilExit()
    #expect(shell.terminationStatus == 0)
    return try Job.run(
      "coca-shard", ["pack", "tars", "--to", "data/out", "--jobs", "1"], in: world.folder.url,
      after: "ulimit -v \(Self.limit)")
  }

  @Test("a bomb of 1 GiB is given up, and the next archive arrives")
  func bomb() throws {
    let outcome = try pack("""
      truncate -s 1G big.jpg; tar cf - big.jpg | zstd -q -1 > a.tar.zst; rm big.jpg
      tar --sort=name -cf b.tar -C ../pictures 'part 1'
      """)
    #expect(outcome.code == 0, "\(outcome.all)")
    #expect(outcome.errors.contains("a.tar.zst: ") && outcome.errors.contains("bomb"))
    #expect(outcome.output.contains("4 samples"), "\(outcome.all)")
  }

  @Test("twelve members of 120 MiB are not held at once")
  func largeMembers() throws {
    let outcome = try pack("""
      for n in 1 2 3 4 5 6 7 8 9 10 11 12; do truncate -s 120M $n.jpg; done
      tar cf - *.jpg | dd of=a.tar bs=1M iflag=fullblock conv=sparse status=none; rm *.jpg
      tar --sort=name -cf b.tar -C ../pictures 'part 1'
      """)
    #expect(outcome.code == 0, "\(outcome.all)")
    #expect(
      outcome.output.contains("4 samples") && outcome.output.contains("12 skipped"),
      "\(outcome.all)")
  }
}
