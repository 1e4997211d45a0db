import Synchronization
import Tensors
import Testing

/// The team belongs to the process, so what needs one of a known size runs in its own.
@Suite("Threads")
struct ThreadsTests {
  @Test("ranges of a split cover each index once, at multiples of the grain")
  func split() async {
    await #expect(processExitsWith: .success) {
      for members in 1...4 {
        try Threads.start(members)
        #expect(Threads.count == members)
        for n in 0...70 {
          for grain in [1, 3, 16, 64] {
            let visits = Visits(n)
            Threads.split(n, grain: grain) { range in
              visits.add(range)
              visits.check(range.lowerBound % grain == 0 && !range.isEmpty)
            }
            #expect(visits.isEachOnce, "\(n) by \(grain) over \(members)")
          }
        }
      }
    }
  }

  @Test("tasks cover each index once and name a member")
  func tasks() async {
    await #expect(processExitsWith: .success) {
      for members in 1...4 {
        try Threads.start(members)
        for n in 0...70 {
          let visits = Visits(n)
          Threads.tasks(n) { task, member in
            visits.add(task..<task + 1)
            visits.check((0..<members).contains(member))
          }
          #expect(visits.isEachOnce, "\(n) over \(members)")
        }
      }
    }
  }

  @Test("all members run a region, and a region within a region runs where it is")
  func nested() async {
    await #expect(processExitsWith: .success) {
      try Threads.start(3)
      let outer = Visits(3), inner = Visits(3), inline = Visits(3)
      Threads.run { member, members in
        outer.add(member..<member + 1)
        outer.check(members == 3)
        Threads.run { nested, members in
          inner.add(member..<member + 1)
          inner.check(nested == 0 && members == 1)
        }
        Threads.tasks(3) { _, member in inline.check(member == 0) }
      }
      #expect(outer.isEachOnce && inner.isEachOnce)
      #expect(inline.passed)
    }
  }

  @Test("without a team, and after it was stopped, everything runs on the caller")
  func alone() async {
    await #expect(processExitsWith: .success) {
      for start in [false, true] {
        if start {
          try Threads.start(4)
          try Threads.start(1)
        }
        let visits = Visits(1)
        Threads.run { member, members in
          visits.add(member..<member + 1)
          visits.check(members == 1)
        }
        #expect(visits.isEachOnce && Threads.count == 1)
      }
    }
  }
}

/// Counts how often each index came, from any thread.
private final class Visits: Sendable {
  private let state: Mutex<(counts: [Int], passed: Bool)>

  init(_ count: Int) { state = Mutex((Array(repeating: 0, count: count), true)) }

  func add(_ range: Range<Int>) {
    state.withLock { state in for index in range { state.counts[index] += 1 } }
  }

  func check(_ condition: Bool) { state.withLock { $0.passed = $0.passed && condition } }

  var passed: Bool { state.withLock { $0.passed } }
  var isEachOnce: Bool { state.withLock { $0.passed && $0.counts.allSatisfy { $0 == 1 } } }
}
