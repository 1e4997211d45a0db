import Collectives
import Foundation
import Tensors

extension Deadline {
  /// Watches a run's ranks from its start to its end; the loss of a rank is noted in `status.json`.
  convenience init(_ plan: RunPlan, over ranks: any Communicator, _ folder: RunFolder) throws {
    do {
      try self.init(
        folder: folder.url, rank: ranks.rank, size: ranks.size,
        seconds: plan.configuration.deadline, work: { Threads.regions }
      ) { lost in
        folder.end(
          code: ExitCode.lost, reason: "\(lost)", host: lost.host, rank: lost.rank,
          step: lost.step)
      }
    } catch {
      throw OutputError.about(folder.url.appendingPathComponent("heartbeats"), error)
    }
  }
}
