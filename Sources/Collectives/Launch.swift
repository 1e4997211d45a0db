/// How this process was started, as its environment tells.
package enum Launch: Equatable {
  case alone
  /// By a launcher that MPI supports, with the number of ranks where the launcher gives it.
  case ranks(Int?)

  /// Reads the variables of Open MPI's mpirun, of PMIx and of Slurm.
  /// - Throws: `CollectiveError` where srun started several tasks that could not find each other.
  package init(_ environment: [String: String]) throws(CollectiveError) {
    func number(_ name: String) -> Int? { environment[name].flatMap { Int($0) } }
    let tasks = number("SLURM_STEP_NUM_TASKS")
    if let size = number("OMPI_COMM_WORLD_SIZE") {
      self = .ranks(size)
    } else if environment["PMIX_RANK"] != nil || environment["PMI_RANK"] != nil
      || environment["PMI_FD"] != nil
    {
      self = .ranks(number("PMI_SIZE") ?? tasks)
    } else if let tasks, tasks > 1 {
      throw CollectiveError("srun", .withoutPMI(tasks: tasks))
    } else {
      self = .alone
    }
  }

  /// Whether this is rank 0, as far as the launcher says so before MPI has started.
  static func isFirst(_ environment: [String: String]) -> Bool {
    ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"].compactMap { environment[$0] }.first == "0"
  }
}
