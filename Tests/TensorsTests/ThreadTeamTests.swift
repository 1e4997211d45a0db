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

@Suite("Thread team")
struct ThreadTeamTests {
  @Test(
    "every member runs every region once, and the caller sees all of it",
    arguments: [1, 2, 3, 5], [0, 200])
  func regions(members: Int, spins: Int) throws {
    let team = try #require(thread_team_start(Int32(members), Int32(spins)))
    defer { thread_team_stop(team) }
    #expect(thread_team_members(team) == Int32(members))
    let counts = Counts(members: members)
    for region in 1...300 {
      thread_team_run(
        team, { context, member in
          let counts = context!.assumingMemoryBound(to: Int.self)
          counts[Int(member) * Counts.stride] += 1
        }, counts.counts)
      #expect(counts.values == Array(repeating: region, count: members))
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
            context!.assumingMemoryBound(to: Int.self)[Int(member) * Counts.stride] += 1
          }, counts.counts)
      }
      thread_team_stop(team)
      #expect(counts.values == Array(repeating: regions, count: members))
    }
  }
}
