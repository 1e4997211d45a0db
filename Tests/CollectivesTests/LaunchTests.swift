import Collectives
import Foundation
import Testing

@Suite("Launch")
struct LaunchTests {
  @Test("launchers are known by what they leave in the environment")
  func launchers() throws {
    #expect(try Launch([:]) == .alone)
    #expect(try Launch(["OMPI_COMM_WORLD_SIZE": "4", "PMIX_RANK": "1"]) == .ranks(4))
    #expect(try Launch(["PMIX_RANK": "1"]) == .ranks(nil))
    #expect(try Launch(["PMIX_RANK": "1", "SLURM_STEP_NUM_TASKS": "8"]) == .ranks(8))
    #expect(try Launch(["PMI_RANK": "0", "PMI_SIZE": "2"]) == .ranks(2))
    #expect(try Launch(["PMI_FD": "5", "SLURM_STEP_NUM_TASKS": "3"]) == .ranks(3))
  }

  @Test("a batch script's own process is alone, srun without PMI is refused")
  func slurm() throws {
    let script = ["SLURM_PROCID": "0", "SLURM_NTASKS": "8", "SLURM_JOB_ID": "12"]
    #expect(try Launch(script) == .alone)
    #expect(try Launch(["SLURM_STEP_NUM_TASKS": "1"]) == .alone)
    #expect(throws: CollectiveError("srun", .withoutPMI(tasks: 8))) {
      try Launch(["SLURM_STEP_NUM_TASKS": "8"])
    }
  }

  @Test("errors name the place, what happened and what to do, in one line")
  func errorText() {
    let error = CollectiveError("rank 3", .failed(operation: "all-reduce", "MPI_ERR_COMM"))
    #expect(
      error.description
        == "rank 3: all-reduce failed: MPI_ERR_COMM. "
        + "Look at the other ranks' messages and hosts, then run again to continue")
    #expect(error.exitCode == ExitCode.lost)
    #expect(CollectiveError("n1", .sizes(launched: 4, found: 1)).exitCode == ExitCode.usage)
  }

  @Test("errors without a code are ours, those of files are the system's")
  func exitCodes() {
    struct Unknown: Error {}
    #expect(ExitCode.of(Unknown()) == ExitCode.internal)
    #expect(ExitCode.of(CocoaError(.fileWriteOutOfSpace)) == ExitCode.io)
    #expect(ExitCode.of(CollectiveError("n1", .threads(provided: 0))) == ExitCode.usage)
  }
}
