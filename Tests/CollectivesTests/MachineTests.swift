import Collectives
import Foundation
import Testing
import TestSupport

@Suite("Machine")
struct MachineTests {
  /// A folder with the given files of `/proc` and `/sys`, for the length of `body`.
  private func withFiles<T>(_ files: [String: String], _ body: (String) throws -> T) throws -> T {
    let root = try TestFolder()
    for (path, text) in files { try root.write(text, to: path) }
    return try body(root.url.path)
  }

  private func status(_ name: String, parent: Int, mask: String) -> String {
    "Name:\t\(name)\nUmask:\t0022\nPPid:\t\(parent)\nCpus_allowed_list:\t\(mask)\n"
  }

  private let second = ["OMPI_COMM_WORLD_LOCAL_RANK": "1", "OMPI_COMM_WORLD_LOCAL_SIZE": "2"]

  @Test("the launcher's mask is the node's, also through a script in between")
  func launcher() throws {
    let files = [
      "proc/self/status": status("coca-train", parent: 30, mask: "1"),
      "proc/30/status": status("sh", parent: 20, mask: "1"),
      "proc/20/status": status("orted", parent: 1, mask: "0-2,6"),
    ]
    try withFiles(files) { root in
      let machine = Machine(second, root: root, processors: [1])
      #expect(machine.allocation == [[0], [1], [2], [6]] && machine.own == [[1]])
      #expect(machine.localRank == 1 && machine.localSize == 2)
      let alone = Machine([:], root: root, processors: [1])
      #expect(alone == Machine(allocation: [[1]], own: [[1]]))
    }
  }

  @Test("without a visible launcher a bound rank keeps its share, an unbound one divides")
  func hiddenLauncher() throws {
    try withFiles(["proc/self/status": status("coca-train", parent: 0, mask: "1")]) { root in
      var bound = second
      bound["OMPI_MCA_orte_bound_at_launch"] = "1"
      #expect(Machine(bound, root: root, processors: [1]).allocation == nil)
      #expect(Machine(second, root: root, processors: [0, 1]).allocation == [[0], [1]])
    }
  }

  @Test("processors belong to memory nodes, to one where the system has none")
  func memoryNodes() throws {
    let files = [
      "sys/devices/system/node/online": "0-1\n", "sys/devices/system/node/node0/cpulist": "0-3\n",
      "sys/devices/system/node/node1/cpulist": "4-7\n",
    ]
    try withFiles(files) { root in
      #expect(Machine.memoryNodes(of: [0, 1, 2], root: root) == 1)
      #expect(Machine.memoryNodes(of: [2, 3, 4], root: root) == 2)
    }
    try withFiles([:]) { #expect(Machine.memoryNodes(of: [0, 9], root: $0) == 1) }
  }

  @Test("hardware threads of a core belong together, packages one after another")
  func topology() throws {
    var files: [String: String] = [:]
    for processor in 0..<8 {
      let folder = "sys/devices/system/cpu/cpu\(processor)/topology/"
      files[folder + "physical_package_id"] = "\(processor % 2)\n"
      files[folder + "core_id"] = "\(processor / 2 % 2)\n"
    }
    try withFiles(files) { root in
      let machine = Machine([:], root: root, processors: Array(0..<8))
      #expect(machine.own == [[0, 4], [2, 6], [1, 5], [3, 7]])
    }
  }

  @Test("the tightest control group on the way counts, of both versions")
  func quota() throws {
    let unified = [
      "proc/self/cgroup": "0::/user/job\n", "sys/fs/cgroup/user/job/cpu.max": "max 100000\n",
      "sys/fs/cgroup/user/cpu.max": "250000 100000\n", "sys/fs/cgroup/cpu.max": "400000 100000",
    ]
    try withFiles(unified) { #expect(Machine([:], root: $0, processors: [0]).quota == 2.5) }
    let old = [
      "proc/self/cgroup": "4:memory:/m\n3:cpu,cpuacct:/docker/x\n0::/\n",
      "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "150000\n",
      "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    ]
    try withFiles(old) { #expect(Machine([:], root: $0, processors: [0]).quota == 1.5) }
    let none = ["proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"]
    try withFiles(none) { #expect(Machine([:], root: $0, processors: [0]).quota == nil) }
    let zero = ["proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "1 0\n"]
    try withFiles(zero) { #expect(Machine([:], root: $0, processors: [0]).quota == nil) }
  }

  @Test("cores of a memory node follow each other, and dies number theirs alone")
  func nodes() throws {
    var files = ["sys/devices/system/node/online": "0-1\n"]
    for processor in 0..<8 {
      let folder = "sys/devices/system/cpu/cpu\(processor)/topology/"
      files[folder + "physical_package_id"] = "0\n"
      files[folder + "die_id"] = "\(processor / 4)\n"
      files[folder + "core_id"] = "\(processor % 4)\n"
    }
    try withFiles(files) { root in
      let machine = Machine([:], root: root, processors: Array(0..<8))
      #expect(machine.own == (0..<8).map { [$0] })
    }
    files["sys/devices/system/node/node0/cpulist"] = "0,2,4,6\n"
    files["sys/devices/system/node/node1/cpulist"] = "1,3,5,7\n"
    try withFiles(files) { root in
      let machine = Machine([:], root: root, processors: Array(0..<8))
      #expect(machine.own == [0, 2, 4, 6, 1, 3, 5, 7].map { [$0] })
    }
  }

  @Test("the tightest control group's memory counts, of both versions")
  func memory() throws {
    let unified = [
      "proc/self/cgroup": "0::/user/job\n", "sys/fs/cgroup/user/job/memory.max": "max\n",
      "sys/fs/cgroup/user/memory.max": "1048576\n", "sys/fs/cgroup/memory.max": "2097152",
    ]
    try withFiles(unified) { #expect(Machine.memory(root: $0) == 1_048_576) }
    let old = [
      "proc/self/cgroup": "4:memory:/m\n3:cpu:/docker/x\n",
      "sys/fs/cgroup/memory/m/memory.limit_in_bytes": "4096\n",
      "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    ]
    try withFiles(old) { #expect(Machine.memory(root: $0) == 4096) }
    let all = Double(ProcessInfo.processInfo.physicalMemory)
    try withFiles([:]) { #expect(Machine.memory(root: $0) == all) }
  }

  @Test("sizes that launchers give below 1 are not taken")
  func sizes() throws {
    for size in ["-1", "0", "x"] {
      let environment = ["OMPI_COMM_WORLD_LOCAL_RANK": "0", "OMPI_COMM_WORLD_LOCAL_SIZE": size]
      try withFiles([:]) { root in
        #expect(Machine(environment, root: root, processors: [0]).localSize == 1)
      }
    }
  }

  @Test("Slurm's tasks per node are read for each node, nonsense is refused")
  func slurmTasks() {
    #expect((0..<4).map { Machine.tasks("4(x2),3", node: $0) } == [4, 4, 3, nil])
    #expect(Machine.tasks("2", node: 0) == 2)
    for text in ["", "x", "(x2)", ",", "4(x", "4(x0)"] {
      #expect(Machine.tasks(text, node: 1) == nil)
    }
  }

  @Test("under srun a mask as wide as the allocation is shared, a narrower one is a share")
  func slurm() throws {
    let step = [
      "SLURM_LOCALID": "1", "SLURM_STEP_ID": "0", "SLURM_STEP_TASKS_PER_NODE": "2",
      "SLURM_CPUS_ON_NODE": "4",
    ]
    try withFiles([:]) { root in
      let shared = Machine(step, root: root, processors: [0, 1, 2, 3])
      #expect(shared.allocation?.count == 4 && shared.localRank == 1 && shared.localSize == 2)
      #expect(Binding(.auto, on: shared).processors == [2, 3])
      let share = Machine(step, root: root, processors: [2, 3])
      #expect(share.allocation == nil)
      #expect(Binding(.auto, on: share).processors == [2, 3])
    }
  }

  @Test(
    "lists of processors that make no sense leave the own mask",
    arguments: ["", "a", "3-1", "-1", "0-", "1-2-3", "0-99999999"])
  func badLists(list: String) throws {
    let files = ["proc/self/status": status("mpirun", parent: 0, mask: list)]
    try withFiles(files) { root in
      #expect(Machine(second, root: root, processors: [1]).allocation == [[1]])
    }
  }
}
