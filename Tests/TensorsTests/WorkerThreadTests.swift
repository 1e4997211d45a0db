import Synchronization
import Tensors
import Testing

@Suite("Worker threads")
struct WorkerThreadTests {
  private let refusing: WorkerThread.Start = { (name, _) throws(ThreadsError) in
    throw ThreadsError("the thread `\(name)`")
  }

  @Test("all run the work at once, the caller among them", arguments: [1, 2, 7])
  func together(count: Int) throws {
    let arrived = Atomic(0)
    try WorkerThread.together(count) {
      arrived.add(1, ordering: .relaxed)
      while arrived.load(ordering: .relaxed) < count {}
    }
    #expect(arrived.load(ordering: .relaxed) == count)
  }

  @Test("a pool gives results in the order of its work")
  func pool() throws {
    let pool = try WorkerPool(threads: 3, name: "test")
    let results = (0..<100).map { number in pool.submit { number * number } }
    #expect(results.map { $0.wait() } == (0..<100).map { $0 * $0 })
  }

  @Test("a pool that the system refuses a thread says which, with the limits")
  func refused() throws {
    let error = #expect(throws: ThreadsError.self) {
      try WorkerPool(threads: 3, name: "test", start: refusing)
    }
    let text = try #require(error).description
    #expect(text.contains("the thread `test 0`") && text.contains("ulimit -u"), "\(text)")
  }
}
