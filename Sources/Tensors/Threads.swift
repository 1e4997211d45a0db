import CKernels
import Synchronization

/// The process's team of compute threads: started once; it runs one region at a time.
///
/// Before `start`, and while another thread uses the team, regions run on the calling thread.
public enum Threads {
  private static let team = Mutex<Team?>(nil)
  private static let members = Atomic<Int>(1)

  /// `@unchecked Sendable`: only used under the lock.
  private struct Team: @unchecked Sendable { let handle: OpaquePointer }

  /// How many regions have run so far, which shows that somebody computes.
  public static var regions: UInt64 { started.load(ordering: .relaxed) }
  private static let started = Atomic<UInt64>(0)

  /// Threads that share a region's work.
  public static var count: Int { members.load(ordering: .relaxed) }

  /// Starts `count` threads (the caller is one of them). With `oversubscribed`, waiting threads
  /// sleep at once and leave the core to other processes.
  /// - Throws: `ThreadsError` where the system has no more threads; regions then run on the caller.
  public static func start(_ count: Int, oversubscribed: Bool = false) throws(ThreadsError) {
    let isStarted = team.withLock { team in
      if let old = team { thread_team_stop(old.handle) }
      let handle = count > 1 ? thread_team_start(Int32(count), oversubscribed ? 0 : 5000) : nil
      team = handle.map(Team.init)
      members.store(handle == nil ? 1 : count, ordering: .relaxed)
      return handle != nil || count <= 1
    }
    guard isStarted else { throw ThreadsError(wanted: count) }
  }

  /// Runs `body` once per member and returns when all are done.
  public static func run(_ body: (_ member: Int, _ members: Int) -> Void) {
    started.add(1, ordering: .relaxed)
    let ran: Void? = team.withLockIfAvailable { team in
      guard let team else { return body(0, 1) }
      let members = Int(thread_team_members(team.handle))
      withoutActuallyEscaping(body) { body in
        var region = Region(body: body, members: members)
        withUnsafeMutablePointer(to: &region) { region in
          thread_team_run(team.handle, runRegion, region)
        }
      }
    }
    if ran == nil { body(0, 1) }
  }

  fileprivate struct Region {
    let body: (Int, Int) -> Void
    let members: Int
  }

  /// Divides `0 ..< n` into one range per member, at multiples of `grain`. A small `n` is not
  /// divided.
  public static func split(_ n: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    guard n > grain, count > 1 else {
      started.add(1, ordering: .relaxed)
      return n > 0 ? body(0..<n) : ()
    }
    run { member, members in
      let grains = (n + grain - 1) / grain
      let first = grains * member / members * grain
      let last = min(n, grains * (member + 1) / members * grain)
      if first < last { body(first..<last) }
    }
  }

  /// Runs tasks `0 ..< n`, each on any member that is free.
  public static func tasks(_ n: Int, _ body: (_ task: Int, _ member: Int) -> Void) {
    let next = Atomic<Int>(0)
    run { member, _ in
      while true {
        let task = next.add(1, ordering: .relaxed).oldValue
        if task >= n { return }
        body(task, member)
      }
    }
  }
}

/// The system does not give this process as many threads as it needs.
public struct ThreadsError: Error, CustomStringConvertible {
  let wanted: Int

  public var description: String {
    "\(wanted) compute threads could not be started: raise the limit (`ulimit -u`, the control "
      + "group's pids.max) or give --threads N"
  }
}

private func runRegion(_ context: UnsafeMutableRawPointer?, _ member: Int32) {
  guard let region = context?.assumingMemoryBound(to: Threads.Region.self) else { return }
  Profile.part(of: Int(member)) { region.pointee.body(Int(member), region.pointee.members) }
}
