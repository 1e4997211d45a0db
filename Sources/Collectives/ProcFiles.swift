import Foundation

/// What Linux reports about processors and processes in `/proc` and `/sys`.
struct ProcFiles {
  /// The folder that has `proc` and `sys`; empty for this machine's root.
  let root: String

  /// The processes that start ranks: of Open MPI 4, and of PRRTE, which later versions use.
  private static let launchers: Set = ["mpirun", "mpiexec", "orterun", "orted", "prterun", "prted"]

  /// Processors grouped by core. Cores of one package, memory node and die are neighbours, so that
  /// ranks that divide them evenly have their memory near.
  func cores(of processors: [Int]) -> [[Int]] {
    struct Place: Hashable, Comparable {
      let package, node, die, core: Int
      static func < (a: Self, b: Self) -> Bool {
        (a.package, a.node, a.die, a.core) < (b.package, b.node, b.die, b.core)
      }
    }
    let nodes = memoryNodes()
    let groups = Dictionary(grouping: processors.sorted()) { processor in
      let topology = "/sys/devices/system/cpu/cpu\(processor)/topology/"
      return Place(
        package: number(topology + "physical_package_id") ?? 0, node: nodes[processor] ?? 0,
        die: number(topology + "die_id") ?? 0, core: number(topology + "core_id") ?? processor)
    }
    return groups.sorted { $0.key < $1.key }.map(\.value)
  }

  /// Each processor's memory node.
  func memoryNodes() -> [Int: Int] {
    let folder = "/sys/devices/system/node/"
    var found: [Int: Int] = [:]
    for node in list(folder + "online") {
      for processor in list(folder + "node\(node)/cpulist") { found[processor] = node }
    }
    return found
  }

  /// The processors of the nearest launcher among this process's ancestors.
  func launcherProcessors() -> [Int]? {
    var process = "self"
    for _ in 0..<16 {
      guard let status = text("/proc/\(process)/status") else { return nil }
      let fields = Self.fields(status)
      if Self.launchers.contains(fields["Name"] ?? "") {
        return fields["Cpus_allowed_list"].flatMap { Self.list($0) }
      }
      guard let parent = fields["PPid"], parent != "0" else { return nil }
      process = parent
    }
    return nil
  }

  /// The tightest limit of this process's control groups, in processors.
  func quota() -> Double? { tightest("cpu") { quota(of: $0, isUnified: $1) } }

  /// The tightest limit of this process's control groups, in bytes of memory.
  func memoryLimit() -> Double? {
    tightest("memory") { group, isUnified in
      let file = isUnified ? "\(group)/memory.max" : "/memory\(group)/memory.limit_in_bytes"
      return line("/sys/fs/cgroup" + file).flatMap { Double($0) }
    }
  }

  /// The smallest limit in this process's control groups and the groups that contain them.
  private func tightest(
    _ controller: String, _ limit: (_ group: String, _ isUnified: Bool) -> Double?
  ) -> Double? {
    var tightest: Double?
    for line in (text("/proc/self/cgroup") ?? "").split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let isUnified = parts[0] == "0" && parts[1].isEmpty
      guard isUnified || parts[1].split(separator: ",").contains(Substring(controller))
      else { continue }
      var group = String(parts[2])
      while true {
        if let found = limit(group, isUnified) {
          tightest = min(tightest ?? found, found)
        }
        guard let slash = group.lastIndex(of: "/") else { break }
        group = String(group[..<slash])
      }
    }
    return tightest
  }

  private func quota(of group: String, isUnified: Bool) -> Double? {
    let folder = isUnified ? "/sys/fs/cgroup\(group)/" : "/sys/fs/cgroup/cpu\(group)/"
    let limits: [Double?]
    if isUnified {
      limits = (text(folder + "cpu.max") ?? "").split(whereSeparator: \.isWhitespace)
        .map { Double($0) }
    } else {
      limits = ["quota", "period"].map { number(folder + "cpu.cfs_\($0)_us").map(Double.init) }
    }
    guard limits.count == 2, let time = limits[0], let period = limits[1], time > 0, period > 0
    else { return nil }
    return time / period
  }

  /// The numbers in a list such as `0-3,8`.
  static func list(_ text: String) -> [Int]? {
    var numbers: [Int] = []
    for entry in text.split(separator: ",") {
      let ends = entry.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2,
        0 <= first, first <= last, last < 65_536
      else { return nil }
      numbers += first...last
    }
    return numbers.isEmpty ? nil : numbers
  }

  private static func fields(_ status: String) -> [String: String] {
    var fields: [String: String] = [:]
    for line in status.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      fields[String(parts[0])] = parts[1].trimmingCharacters(in: .whitespaces)
    }
    return fields
  }

  func text(_ path: String) -> String? {
    try? String(contentsOfFile: root + path, encoding: .utf8)
  }

  private func line(_ path: String) -> String? {
    text(path)?.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private func list(_ path: String) -> [Int] { line(path).flatMap { Self.list($0) } ?? [] }

  private func number(_ path: String) -> Int? {
    line(path).flatMap { Int($0) }
  }
}
