import Foundation
import TestSupport
import Testing

@Suite("A full disk", .serialized)
struct FullDiskTests {
  @Test("ends a run with 74 and one line, leaves no half checkpoint, and the run can go on")
  func limitedFiles() throws {
    let world = try TrainingWorld()
    try world.configure(steps: 6, "checkpoint: {every: 2}")
    // A file of more than 16 KiB fails as it would on a full disk, but with EFBIG.
    let outcome = try world.train(after: "ulimit -f 32")
    #expect(outcome.code == 74, "\(outcome.all)")
    #expect(outcome.errorLines.count == 1, "\(outcome.all)")
    #expect(outcome.errors.contains("checkpoints/"), "\(outcome.all)")
    #expect(try names(world.folder.file("out/checkpoints")).allSatisfy { !$0.hasPrefix("step-") })
    let status = try RunResult.status(world.folder)
    #expect(status.state == "failed" && status.code == 74)
    let again = try world.train()
    #expect(again.code == 0, "\(again.all)")
    #expect(try RunResult(world.folder).steps.count == 6)
  }

  @Test("under standard output ends every form of the command with 74", arguments: [
    ["--version"], ["--help"], ["--keys"], ["--version", "--json"], ["--self-test"],
    ["run.yaml", "--dry-run"], ["run.yaml", "--output", "out"],
  ])
  func fullDevice(arguments: [String]) throws {
    let world = try TrainingWorld()
    try world.configure(steps: 2)
    let outcome = try Job.run(
      "coca-train", arguments, in: world.url, after: "exec > /dev/full")
    #expect(outcome.code == 74, "\(outcome.all)")
    #expect(outcome.errors.contains("standard output: cannot be written"), "\(outcome.all)")
  }

  @Test("keeps the checkpoints it has, and goes on from them bit for bit",
    .enabled(if: SmallDisk.isAvailable, "mounting needs root"), arguments: [nil, 2])
  func smallDisk(ranks: Int?) throws {
    let world = try TrainingWorld()
    // Ranks that give their parts of the optimizer's state must not wait for a writer that failed.
    try world.configure(
      steps: 8, "checkpoint: {every: 2, keep: null}\nshard_optimizer: \(ranks != nil)")
    let unbroken = try world.train(ranks: ranks, output: "unbroken")
    #expect(unbroken.code == 0, "\(unbroken.all)")
    let size = try folderBytes(world.folder.file("unbroken/checkpoints/step-00000002"))

    let disk = try SmallDisk(world.folder.file("out"), bytes: size * 5 / 2)
    defer { disk.unmount() }
    let outcome = try world.train(ranks: ranks)
    #expect(outcome.code == 74, "\(outcome.all)")
    let lines = outcome.errorLines.filter { $0.contains("No space left on device") }
    #expect(lines.count == 1, "\(outcome.all)")
    #expect(try RunResult(world.folder).status.checkpoint == "step-00000004")
    try disk.grow(to: size * 10)
    let again = try world.train(ranks: ranks)
    #expect(again.code == 0, "\(again.all)")
    let found = try RunResult(world.folder)
    let expected = try RunResult(world.folder, output: "unbroken")
    #expect(found.steps == expected.steps && found.checkpoint == expected.checkpoint)
  }

  @Test("under the logs is noted in status.json too",
    .enabled(if: SmallDisk.isAvailable, "mounting needs root"))
  func logs() throws {
    let world = try TrainingWorld()
    try world.configure(steps: 100_000, "checkpoint: {every: null, minutes: null}")
    let disk = try SmallDisk(world.folder.file("out"), bytes: 1 << 20)
    defer { disk.unmount() }
    let job = try world.start(["--set", "log.every=1000"])
    job.wait(until: { world.folder.exists("out/metrics.jsonl") })
    let filler = open(world.folder.file("out/filler").path, O_WRONLY | O_CREAT, 0o644)
    let page = [UInt8](repeating: 1, count: 4096)
    while write(filler, page, page.count) > 0 {}
    close(filler)
    let outcome = job.wait()
    #expect(outcome.code == 74, "\(outcome.all)")
    let status = try RunResult.status(world.folder)
    #expect(status.state == "failed" && status.code == 74)
  }

  private func names(_ folder: URL) throws -> [String] {
    guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
    return try FileManager.default.contentsOfDirectory(atPath: folder.path)
  }

  private func folderBytes(_ folder: URL) throws -> Int {
    try names(folder).reduce(0) {
      let path = folder.appendingPathComponent($1).path
      return try $0 + (FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0)
    }
  }
}

/// A file system in memory with little room, mounted on a folder.
private struct SmallDisk {
  static let isAvailable: Bool = {
    guard geteuid() == 0, let folder = try? TestFolder() else { return false }
    guard let disk = try? SmallDisk(folder.file("disk"), bytes: 1 << 16) else { return false }
    disk.unmount()
    return true
  }()

  private let path: String

  /// Mounted from here to `unmount`.
  init(_ folder: URL, bytes: Int) throws {
    path = folder.path
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Self.call("mount", "-t", "tmpfs", "-o", "size=\(bytes)", "tmpfs", path)
  }

  func unmount() { try? Self.call("umount", path) }

  func grow(to bytes: Int) throws {
    try Self.call("mount", "-o", "remount,size=\(bytes)", path)
  }

  private struct Refused: Error {}

  private static func call(_ arguments: String...) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Refused() }
  }
}
