import Foundation

/// What Linux tells of processors and processes in `/proc` and `/sys`.
struct SystemFiles {
  /// In front of `/proc` and `/sys`; empty for this machine's.
  let root: String

  /// The daemons that start ranks: of Open MPI 4 and of PRRTE, which later versions use.
  private static let launchers: Set = ["mpirun", "mpiexec", "orterun", "orted", "prterun", "prted"]

  /// Processors grouped by core, in the order of packages and cores.
  func cores(of processors: [Int]) -> [[Int]] {
    struct Place: Hashable, Comparable {
      let package: Int
      let core: Int
      static func < (a: Self, b: Self) -> Bool { (a.package, a.core) < (b.package, b.core) }
    }
    let groups = Dictionary(grouping: processors.sorted()) { processor in
      let topology = "/sys/devices/system/cpu/cpu\(processor)/topology/"
      return Place(
        package: number(topology + "physical_package_id") ?? 0,
        core: number(topology + "core_id") ?? processor)
    }
    return groups.sorted { $0.key < $1.key }.map(\.value)
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
  func quota() -> Double? {
    var tightest: Double?
    for line in (text("/proc/self/cgroup") ?? "").split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let isUnified = parts[0] == "0" && parts[1].isEmpty
      guard isUnified || parts[1].split(separator: ",").contains("cpu") else { continue }
      var group = String(parts[2])
      while true {
        if let found = quota(of: group, isUnified: isUnified) {
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

  /// The numbers of `0-3,8`.
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

  private func text(_ path: String) -> String? {
    try? String(contentsOfFile: root + path, encoding: .utf8)
  }

  private func number(_ path: String) -> Int? {
    text(path).flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
  }
}
