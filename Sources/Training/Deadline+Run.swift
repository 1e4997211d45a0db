import Collectives
import Tensors

extension Deadline {
  /// Watches the ranks of a run from its start to its end; a loss is written into `status.json`.
  convenience init(_ plan: RunPlan, over ranks: any Communicator, _ folder: RunFolder) throws {
    try self.init(
      folder: folder.url, rank: ranks.rank, size: ranks.size,
      seconds: plan.configuration.deadline, work: { Threads.regions }
    ) { lost in
      try? folder.update { status in
        status.state = .failed
        (status.code, status.reason) = (ExitCode.lost, "\(lost)")
        (status.host, status.rank, status.step) = (lost.host, lost.rank, lost.step)
      }
    }
  }
}
