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

  /// Processor cycles that a thread waits before it sleeps: some tens of microseconds, longer than
  /// most gaps between two regions.
  private static let patience = 200_000

  /// Starts `count` threads (the caller is one of them). With `oversubscribed`, waiting threads
  /// sleep at once and leave the core to other processes.
  /// - Throws: `ThreadsError` where the system has no more threads; regions then run on the caller.
  public static func start(_ count: Int, oversubscribed: Bool = false) throws(ThreadsError) {
    let isStarted = team.withLock { team in
      if let old = team { thread_team_stop(old.handle) }
      let handle =
        count > 1 ? thread_team_start(Int32(count), oversubscribed ? 0 : patience) : nil
      team = handle.map(Team.init)
      members.store(handle == nil ? 1 : count, ordering: .relaxed)
      return handle != nil || count <= 1
    }
    guard isStarted else { throw ThreadsError("\(count) compute threads") }
  }

  /// Runs `body` once on every member and returns when all are done.
  public static func run(_ body: (_ member: Int, _ members: Int) -> Void) {
    let ran: Void? = withTeam { team in
      let members = Int(thread_team_members(team))
      Region.run({ body($0, members) }) { thread_team_run(team, runRegion, $0) }
    }
    if ran == nil { body(0, 1) }
  }

  /// Hands out tasks `0 ..< n` to the members that are there: `body` runs on each of them and takes
  /// tasks until none is left. A member that another process keeps from its core leaves them to
  /// others.
  public static func share(_ n: Int, _ body: (_ member: Int, _ tasks: Tasks) -> Void) {
    guard n > 0 else { return }
    let ran: Void? = withTeam { team in
      Region.run({ body($0, Tasks(team: team, member: $0)) }) {
        thread_team_share(team, n, runRegion, $0)
      }
    }
    if ran == nil { body(0, Tasks(count: n)) }
  }

  /// Runs `body` with the team; nil where there is none or it is at work.
  private static func withTeam(_ body: (OpaquePointer) -> Void) -> Void? {
    started.add(1, ordering: .relaxed)
    return team.withLockIfAvailable { team in team.map { body($0.handle) } } ?? nil
  }

  /// Tasks `0 ..< n`, each on any member that is free.
  public static func tasks(_ n: Int, _ body: (_ task: Int, _ member: Int) -> Void) {
    share(n) { member, tasks in
      for task in tasks { body(task, member) }
    }
  }

  /// Divides `0 ..< n` into ranges that begin at multiples of `grain`, some for each member. A
  /// small `n` is not divided.
  public static func split(_ n: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    guard n > grain, count > 1 else {
      started.add(1, ordering: .relaxed)
      return n > 0 ? body(0..<n) : ()
    }
    let grains = (n + grain - 1) / grain
    let parts = min(grains, piecesPerMember * count)
    tasks(parts) { part, _ in
      body(grains * part / parts * grain..<min(n, grains * (part + 1) / parts * grain))
    }
  }

  /// Small enough that a member that comes late leaves most of its part to others.
  private static let piecesPerMember = 4
}

/// The tasks that one member takes, one after another.
public struct Tasks: Sequence, IteratorProtocol {
  private let team: OpaquePointer?
  private let member: Int32
  private var rest: Range<Int>

  init(team: OpaquePointer, member: Int) {
    self.team = team
    self.member = Int32(member)
    rest = 0..<0
  }

  /// All of `0 ..< count`, for a thread that shares them with nobody.
  init(count: Int) {
    team = nil
    member = 0
    rest = 0..<count
  }

  public mutating func next() -> Int? {
    guard let team else { return rest.popFirst() }
    let task = thread_team_next(team, member)
    return task < 0 ? nil : task
  }
}

/// The system does not give this process as many threads as it needs.
public struct ThreadsError: Error, CustomStringConvertible {
  let what: String

  /// - Parameter what: the threads.
  public init(_ what: String) { self.what = what }

  public var description: String {
    "\(what) could not be started: raise the limit (`ulimit -u`, the control group's pids.max) or "
      + "ask for fewer (--threads, --jobs)"
  }
}

/// What the members of a team run.
private struct Region {
  let body: (Int) -> Void

  static func run(_ body: (Int) -> Void, by start: (UnsafeMutableRawPointer) -> Void) {
    withoutActuallyEscaping(body) { body in
      var region = Region(body: body)
      withUnsafeMutablePointer(to: &region) { start($0) }
    }
  }
}

private func runRegion(_ context: UnsafeMutableRawPointer, _ member: Int32) {
  let region = context.assumingMemoryBound(to: Region.self)
  Profile.part(of: Int(member)) { region.pointee.body(Int(member)) }
}
