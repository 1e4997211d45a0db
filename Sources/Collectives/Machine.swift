import CMPI
import Foundation

/// What is found on this machine that decides how ranks are bound to processors.
public struct Machine: Equatable, Sendable {
  /// The node's allocated cores in the order of the chip, each as a list of its hardware threads;
  /// nil where a rank sees only its own share.
  package var allocation: [[Int]]?
  /// The cores this process was launched on.
  package var own: [[Int]]
  package var localRank: Int
  package var localSize: Int
  /// How many processors' time the control group allows the node's ranks together.
  package var quota: Double?

  package init(
    allocation: [[Int]]?, own: [[Int]], localRank: Int = 0, localSize: Int = 1,
    quota: Double? = nil
  ) {
    self.allocation = allocation
    self.own = own
    self.localRank = localRank
    self.localSize = localSize
    self.quota = quota
  }
}

extension Machine {
  /// Reads the launcher's variables, `/proc` and `/sys`.
  /// - Parameters:
  ///   - root: the folder that has `proc` and `sys`.
  ///   - processors: those this process may run on.
  package init(
    _ environment: [String: String], root: String = "", processors: [Int] = Machine.affinity()
  ) {
    let files = ProcFiles(root: root)
    func number(_ name: String) -> Int? { environment[name].flatMap { Int($0) } }
    own = files.cores(of: processors)
    allocation = own
    quota = files.quota()
    localRank = 0
    localSize = 1
    if let rank = number("OMPI_COMM_WORLD_LOCAL_RANK"),
      let size = number("OMPI_COMM_WORLD_LOCAL_SIZE"), rank >= 0, rank < size
    {
      (localRank, localSize) = (rank, size)
      if let launched = files.launcherProcessors() {
        allocation = files.cores(of: launched)
      } else if environment["OMPI_MCA_orte_bound_at_launch"] != nil {
        allocation = nil
      }
    } else if let rank = number("SLURM_LOCALID"), number("SLURM_STEP_ID") != nil,
      let tasks = environment["SLURM_STEP_TASKS_PER_NODE"],
      let size = Machine.tasks(tasks, node: number("SLURM_NODEID") ?? 0), rank >= 0, rank < size
    {
      (localRank, localSize) = (rank, size)
      let onNode = number("SLURM_CPUS_ON_NODE") ?? processors.count
      if size > 1, processors.count < onNode { allocation = nil }
    }
  }

  /// Bytes of memory that this machine's ranks have together: what is built in, or less where a
  /// control group of this process allows less.
  public static func memory(root: String = "") -> Double {
    let all = Double(ProcessInfo.processInfo.physicalMemory)
    return min(all, ProcFiles(root: root).memoryLimit() ?? all)
  }

  /// How many memory nodes (NUMA) processors belong to: those of another node are slower to reach.
  public static func memoryNodes(of processors: [Int], root: String = "") -> Int {
    let nodes = ProcFiles(root: root).memoryNodes()
    return max(Set(processors.map { nodes[$0] ?? 0 }).count, 1)
  }

  /// The processors the main thread may run on.
  package static func affinity() -> [Int] {
    var found = [Int32](repeating: 0, count: 65_536)
    let count = process_affinity(0, &found, Int32(found.count))
    guard count > 0 else { return Array(0..<ProcessInfo.processInfo.activeProcessorCount) }
    return found.prefix(Int(count)).map { Int($0) }
  }

  /// A node's entry in Slurm's notation: `4(x2),3` is four tasks on two nodes, three on the next.
  package static func tasks(_ list: String, node: Int) -> Int? {
    var left = node
    for entry in list.split(separator: ",") {
      let parts = entry.split(separator: "(")
      guard let first = parts.first, let tasks = Int(first) else { return nil }
      let times = parts.count > 1 ? Int(parts[1].dropFirst().dropLast()) ?? 1 : 1
      if left < times { return tasks }
      left -= times
    }
    return nil
  }
}
