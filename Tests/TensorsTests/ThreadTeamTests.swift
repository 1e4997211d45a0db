import CKernels
import Glibc
import Testing

/// What the members of a team leave behind: one count for each, 64 bytes apart.
private final class Counts {
  let members: Int
  let counts: UnsafeMutablePointer<Int>
  static let stride = 8

  init(members: Int) {
    self.members = members
    counts = .allocate(capacity: members * Self.stride)
    counts.initialize(repeating: 0, count: members * Self.stride)
  }

  deinit { counts.deallocate() }

  var values: [Int] { (0..<members).map { counts[$0 * Self.stride] } }
}

/// What members that share numbers need.
private final class Work {
  let team: OpaquePointer
  let counts: Counts

  init(team: OpaquePointer, counts: Counts) { (self.team, self.counts) = (team, counts) }
}

@Suite("Thread team")
struct ThreadTeamTests {
  @Test(
    "every member runs every region once, and the caller sees all of it",
    arguments: [1, 2, 3, 5], [0, 20_000])
  func regions(members: Int, patience: Int) throws {
    let team = try #require(thread_team_start(Int32(members), patience))
    defer { thread_team_stop(team) }
    #expect(thread_team_members(team) == Int32(members))
    let counts = Counts(members: members)
    for region in 1...300 {
      thread_team_run(
        team, { context, member in
          let counts = context.assumingMemoryBound(to: Int.self)
          counts[Int(member) * Counts.stride] += 1
        }, counts.counts)
      #expect(counts.values == Array(repeating: region, count: members))
    }
  }

  @Test(
    "numbers are handed out once each, whoever comes, and the caller sees all that was done",
    arguments: [1, 2, 3, 5], [0, 20_000])
  func share(members: Int, patience: Int) throws {
    let team = try #require(thread_team_start(Int32(members), patience))
    defer { thread_team_stop(team) }
    for n in [1, 2, 7, 40] {
      let work = Work(team: team, counts: Counts(members: n))
      for region in 1...100 {
        withExtendedLifetime(work) {
          thread_team_share(
            team, n, { context, member in
              let work = Unmanaged<Work>.fromOpaque(context).takeUnretainedValue()
              while case let number = thread_team_next(work.team, member), number >= 0 {
                work.counts.counts[number * Counts.stride] += 1
              }
            }, Unmanaged.passUnretained(work).toOpaque())
        }
        #expect(work.counts.values == Array(repeating: region, count: n))
      }
    }
  }

  @Test("regions of both kinds follow one another")
  func mixed() throws {
    let team = try #require(thread_team_start(3, 1000))
    defer { thread_team_stop(team) }
    let counts = Counts(members: 3)
    for region in 1...500 {
      thread_team_share(team, 1, { context, _ in _ = context }, counts.counts)
      thread_team_run(
        team, { context, member in
          context.assumingMemoryBound(to: Int.self)[Int(member) * Counts.stride] += 1
        }, counts.counts)
      #expect(counts.values == [region, region, region])
    }
  }

  @Test("a team that never ran, or slept between regions, stops", arguments: [1, 2, 4])
  func stops(members: Int) throws {
    for regions in 0...2 {
      let team = try #require(thread_team_start(Int32(members), 0))
      let counts = Counts(members: members)
      for _ in 0..<regions {
        sched_yield()
        thread_team_run(
          team, { context, member in
            context.assumingMemoryBound(to: Int.self)[Int(member) * Counts.stride] += 1
          }, counts.counts)
      }
      thread_team_stop(team)
      #expect(counts.values == Array(repeating: regions, count: members))
    }
  }
}
