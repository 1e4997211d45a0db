import Foundation
import Testing

/// Runs `ranks-check` under mpirun: a test process cannot be a rank itself.
@Suite("Ranks", .serialized, .enabled(if: Job.hasLauncher))
struct RanksTests {
  @Test("every operation is right at every size", arguments: [1, 2, 3, 4, 5, 8])
  func operations(size: Int) throws {
    let (code, output) = try Job(ranks: size, []).wait()
    #expect(code == 0, "\(output)")
    #expect(output.contains("OK \(size)\n"), "\(output)")
  }

  @Test("an error on some ranks ends all of them with its code and is printed once")
  func together() throws {
    let (code, output) = try Job(ranks: 3, ["fail"]).wait()
    #expect(code == 65, "\(output)")
    #expect(output.components(separatedBy: "shard 3: the checksum differs").count == 2)
    #expect(!output.contains("went on"), "\(output)")
  }

  @Test("an error on one rank alone takes the waiting others down")
  func alone() throws {
    let (code, output) = try Job(ranks: 2, ["throw"]).wait()
    #expect(code == 65, "\(output)")
    #expect(output.contains("rank 1 on "), "\(output)")
  }

  @Test("ranks that disagree on a length fail with MPI's words, and do not hang")
  func disagree() throws {
    let (code, output) = try Job(ranks: 2, ["disagree"]).wait()
    #expect(code == 69, "\(output)")
    #expect(output.contains(": all-reduce failed: MPI_ERR_TRUNCATE"), "\(output)")
  }

  @Test("a silent rank is named and the job ends with 69", arguments: ["hang", "freeze"])
  func silent(how: String) throws {
    try inFolder { folder in
      let (code, output) = try Job(ranks: 3, [how, folder]).wait()
      #expect(code == 69, "\(output)")
      let status = try String(contentsOfFile: folder + "/status.json", encoding: .utf8)
      #expect(status.hasPrefix("rank 2 on "))
      #expect(output.components(separatedBy: status).count == 2, "\(output)")
    }
  }

  @Test("SIGUSR1 to mpirun and the file stop end all ranks at one step", arguments: [true, false])
  func stop(bySignal: Bool) throws {
    try inFolder { folder in
      let job = try Job(ranks: 2, ["stop", folder])
      while !FileManager.default.fileExists(atPath: folder + "/ready"), job.isRunning {
        usleep(20_000)
      }
      if bySignal {
        job.signal(SIGUSR1)
      } else {
        try Data().write(to: URL(fileURLWithPath: folder + "/stop"))
      }
      let (code, output) = job.wait()
      #expect(code == 75, "\(output)")
      #expect(output.contains(bySignal ? "stopped by SIGUSR1" : "the file stop"), "\(output)")
      #expect(!FileManager.default.fileExists(atPath: folder + "/stop"))
    }
  }

  @Test("ranks hold disjoint cores where there are enough, or share them all", arguments: 2...3)
  func binding(size: Int) throws {
    let (code, output) = try Job(ranks: size, ["binding"]).wait()
    #expect(code == 0, "\(output)")
    let lines = output.split(separator: "\n").map { $0.split(separator: " ") }
    #expect(lines.count == size && lines.allSatisfy { $0.count == 4 && $0[3] == "true" })
    let isShared = lines.contains { $0[2] == "true" }
    #expect(Set(lines.map { $0[0] }).count == (isShared ? 1 : size), "\(output)")
  }

  private func inFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path)
  }
}

/// One mpirun of `ranks-check`, ended after a minute whatever happens.
private struct Job {
  static var hasLauncher: Bool {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .contains { FileManager.default.isExecutableFile(atPath: "\($0)/mpirun") }
  }

  private let process = Process()
  private let pipe = Pipe()

  init(ranks: Int, _ arguments: [String]) throws {
    let program = Bundle.main.bundleURL.appendingPathComponent("ranks-check").path
    // Test threads block signals, and a program inherits what is blocked; env unblocks.
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    let launch = ["mpirun", "--timeout", "300", "--oversubscribe", "-n", "\(ranks)", program]
    process.arguments = ["--default-signal=USR1"] + launch + arguments
    var environment = ProcessInfo.processInfo.environment
    environment["OMPI_ALLOW_RUN_AS_ROOT"] = "1"
    environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"
    process.environment = environment
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
  }

  var isRunning: Bool { process.isRunning }

  func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  func wait() -> (code: Int32, output: String) {
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, output)
  }
}
