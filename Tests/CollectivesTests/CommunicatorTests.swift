import Foundation
import TestSupport
import Testing

/// Runs `ranks-check` under mpirun: a test process cannot be a rank itself.
@Suite("Communicator", .serialized, .enabled(if: Job.hasLauncher))
struct CommunicatorTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  private func start(
    ranks: Int, _ arguments: String..., after prelude: String? = nil
  ) throws -> Job {
    try Job("ranks-check", arguments, ranks: ranks, in: folder.url, after: prelude)
  }

  @Test("a start of MPI that does not end is told with what to do, and ends the job with 69")
  func start() throws {
    let silent = "[ \"$OMPI_COMM_WORLD_RANK\" = 0 ] || exec sleep 120"
    let outcome = try start(ranks: 2, "start", after: silent).wait()
    #expect(outcome.code == 69, "\(outcome.all)")
    #expect(outcome.all.contains(": MPI's start did not end within 2 s. Its interfaces are "))
    #expect(outcome.all.contains("--mca btl_tcp_if_include"), "\(outcome.all)")
  }

  @Test("every operation is right at every size", arguments: [1, 2, 3, 4, 5, 8])
  func operations(size: Int) throws {
    let outcome = try start(ranks: size).wait()
    #expect(outcome.code == 0, "\(outcome.all)")
    #expect(outcome.output.contains("OK \(size)\n"), "\(outcome.all)")
  }

  @Test("an error on some ranks ends all of them with its code and is printed once")
  func together() throws {
    let outcome = try start(ranks: 3, "fail").wait()
    #expect(outcome.code == 65, "\(outcome.all)")
    #expect(outcome.all.components(separatedBy: "shard 3: the checksum differs").count == 2)
    #expect(!outcome.all.contains("went on"), "\(outcome.all)")
  }

  @Test("an error on one rank alone takes the waiting others down")
  func alone() throws {
    let outcome = try start(ranks: 2, "throw").wait()
    #expect(outcome.code == 65, "\(outcome.all)")
    #expect(outcome.all.contains("rank 1 on "), "\(outcome.all)")
  }

  @Test("ranks that disagree on a length fail with MPI's words, and do not hang")
  func disagree() throws {
    let outcome = try start(ranks: 2, "disagree").wait()
    #expect(outcome.code == 69, "\(outcome.all)")
    #expect(outcome.all.contains(": all-reduce failed: MPI_ERR_TRUNCATE"), "\(outcome.all)")
  }

  @Test("a silent rank is named and the job ends with 69", arguments: ["hang", "freeze"])
  func silent(how: String) throws {
    let outcome = try start(ranks: 3, how, folder.url.path).wait()
    #expect(outcome.code == 69, "\(outcome.all)")
    let status = try folder.text("status.json")
    #expect(status.hasPrefix("rank 2 on "))
    #expect(outcome.all.components(separatedBy: status).count == 2, "\(outcome.all)")
  }

  @Test("SIGUSR1 to mpirun and the file stop end all ranks at one step", arguments: [true, false])
  func stop(bySignal: Bool) throws {
    let job = try start(ranks: 2, "stop", folder.url.path)
    job.wait { folder.exists("ready") }
    if bySignal { job.signal(SIGUSR1) } else { try folder.write("", to: "stop") }
    let outcome = job.wait()
    #expect(outcome.code == 75, "\(outcome.all)")
    #expect(outcome.all.contains(bySignal ? "stopped by SIGUSR1" : "the file stop"))
    #expect(!folder.exists("stop"))
  }

  @Test("ranks hold disjoint cores where there are enough, or share them all", arguments: 2...3)
  func binding(size: Int) throws {
    let outcome = try start(ranks: size, "binding").wait()
    #expect(outcome.code == 0, "\(outcome.all)")
    let lines = outcome.output.split(separator: "\n").map { $0.split(separator: " ") }
    #expect(lines.count == size && lines.allSatisfy { $0.count == 4 && $0[3] == "true" })
    let isShared = lines.contains { $0[2] == "true" }
    #expect(Set(lines.map { $0[0] }).count == (isShared ? 1 : size), "\(outcome.all)")
  }
}
