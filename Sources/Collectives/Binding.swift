import CMPI
import Foundation

/// Which processors a rank computes on, and with how many threads.
///
/// mpirun's default suits one thread per rank: `mpirun -n 2` binds each rank with all its threads
/// to a single core. So the ranks of a node divide its cores among themselves.
public struct Binding: Sendable, Equatable {
  public enum Mode: String, Sendable, CaseIterable {
    /// The cores that the launcher has on this node, divided evenly among its ranks.
    case auto
    /// The processors that this process was launched on.
    case keep
  }

  /// The system's numbers of the processors this rank may run on, ascending.
  public let processors: [Int]
  /// Threads that compute: one for each of the rank's cores, not for each hardware thread.
  public private(set) var threads: Int
  /// This rank's number among those of its node.
  public let localRank: Int
  /// How many ranks this node has.
  public let localSize: Int
  /// Whether threads must share cores. If even ranks must, none is bound, and each has one thread.
  public private(set) var isOversubscribed: Bool

  /// Reads this machine; changes nothing.
  public init(_ mode: Mode) {
    self.init(mode, on: Machine(ProcessInfo.processInfo.environment))
  }

  package init(_ mode: Mode, on machine: Machine) {
    localRank = machine.localRank
    localSize = machine.localSize
    let allocation = machine.allocation ?? machine.own
    let isDivided = mode == .auto && machine.allocation != nil
    let isShared = machine.allocation != nil && (isDivided || machine.own == allocation)
    let quota = machine.quota ?? .infinity
    // Where there are more ranks than cores but not than hardware threads, each gets a hardware
    // thread.
    let singles = allocation.flatMap { $0.map { [$0] } }
    let units = allocation.count < localSize ? singles : allocation
    let ranks = isShared ? localSize : 1
    isOversubscribed = ranks > units.count || Double(localSize) > quota.rounded(.up)
    var mine = isDivided ? units : machine.own
    var cores = isShared ? units.count / ranks : machine.own.count
    if isDivided, !isOversubscribed {
      mine = Binding.share(of: units, rank: localRank, size: localSize)
      cores = mine.count
    }
    processors = mine.joined().sorted()
    threads = max(1, isOversubscribed ? 1 : Int(min(Double(cores), quota / Double(localSize))))
  }

  /// The same processors with another number of threads; nil: the number stays.
  public func with(threads asked: Int?) -> Binding {
    guard let asked else { return self }
    var other = self
    other.threads = asked
    other.isOversubscribed = isOversubscribed || asked > threads
    return other
  }

  /// Binds all threads of this process, also those that libraries started, to `processors`.
  ///
  /// Call before `Ranks.start`: threads that start later run where the thread that starts them
  /// runs.
  /// - Returns: false where the system refuses; the process then runs where it was launched.
  @discardableResult
  public func apply() -> Bool {
    let numbers = processors.map { Int32($0) }
    let others = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
    for thread in others.compactMap({ pid_t($0) }) {
      process_set_affinity(thread, numbers, Int32(numbers.count))
    }
    return process_set_affinity(0, numbers, Int32(numbers.count)) == 0
  }

  /// `processors` in Linux's notation, `0-3,8`.
  public var mask: String {
    var runs: [ClosedRange<Int>] = []
    for processor in processors {
      if let last = runs.last, last.upperBound + 1 == processor {
        runs[runs.count - 1] = last.lowerBound...processor
      } else {
        runs.append(processor...processor)
      }
    }
    return runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
      .joined(separator: ",")
  }

  /// Consecutive units; where they do not divide evenly, the first ranks get one more.
  private static func share(of units: [[Int]], rank: Int, size: Int) -> [[Int]] {
    let (each, extra) = units.count.quotientAndRemainder(dividingBy: size)
    let start = rank * each + min(rank, extra)
    return Array(units[start..<start + each + (rank < extra ? 1 : 0)])
  }
}
