import Pipeline
import Synchronization
import Testing

@Suite("Recently used")
struct RecentlyUsedTests {
  @Test("keeps within its limit and drops what was used longest ago")
  func evicts() {
    let cache = RecentlyUsed<Int, Int>(limit: 3)
    var made: [Int] = []
    func use(_ key: Int) -> Int {
      cache.value(key, cost: { _ in 1 }, make: { made.append(key); return key * 2 })
    }
    for key in [1, 2, 3, 1, 4, 1, 3, 2] { #expect(use(key) == key * 2) }
    #expect(made == [1, 2, 3, 4, 2])
    #expect(cache.cost == 3)
  }

  @Test("does not keep what is above the limit alone, and drops as much as is needed")
  func costs() {
    let cache = RecentlyUsed<Int, Int>(limit: 10)
    for (key, cost, kept) in [(1, 4, 4), (2, 4, 8), (3, 11, 8), (4, 10, 10), (5, 1, 1)] {
      _ = cache.value(key, cost: { _ in cost }, make: { key })
      #expect(cache.cost == kept)
    }
  }
}

@Suite("In parallel")
struct ParallelTests {
  @Test("every number comes once", arguments: [0, 1, 5, 100], [1, 2, 5])
  func everyNumberOnce(count: Int, workers: Int) throws {
    let seen = Mutex([Int]())
    try inParallel(count, workers: workers) { number in seen.withLock { $0.append(number) } }
    #expect(seen.withLock { $0 }.sorted() == Array(0..<count))
  }

  @Test("an error stops the numbers after it", arguments: [1, 3])
  func errors(workers: Int) {
    let seen = Mutex(0)
    #expect(throws: Unexpected.self) {
      try inParallel(1000, workers: workers) { number in
        seen.withLock { $0 += 1 }
        throw Unexpected()
      }
    }
    #expect(seen.withLock { $0 } <= workers)
  }
}
