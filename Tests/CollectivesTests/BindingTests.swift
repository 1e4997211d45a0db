import Collectives
import Testing

@Suite("Binding")
struct BindingTests {
  /// `count` cores whose second hardware threads are numbered after all first ones.
  private func cores(_ count: Int, threads: Int) -> [[Int]] {
    (0..<count).map { core in (0..<threads).map { core + $0 * count } }
  }

  private func bindings(_ node: [[Int]], ranks: Int, own: [[Int]]? = nil) -> [Binding] {
    (0..<ranks).map { rank in
      Binding(
        .auto,
        on: Machine(allocation: node, own: own ?? node, localRank: rank, localSize: ranks))
    }
  }

  @Test("cores are shared out whole, evenly and completely", arguments: 1...9, 1...9)
  func cover(count: Int, ranks: Int) {
    for threads in [1, 2] where ranks <= count {
      let node = cores(count, threads: threads)
      let bindings = bindings(node, ranks: ranks, own: [[0]])
      #expect(bindings.flatMap(\.processors).sorted() == node.joined().sorted())
      let sizes = bindings.map(\.threads)
      #expect(sizes.reduce(0, +) == count)
      #expect(sizes.max()! - sizes.min()! <= 1)
      #expect(bindings.allSatisfy { !$0.isOversubscribed })
      for binding in bindings {
        #expect(binding.processors.count == binding.threads * threads)
        let held = node.map { core in core.filter(binding.processors.contains).count }
        #expect(held.allSatisfy { $0 == 0 || $0 == threads })
      }
    }
  }

  @Test("more ranks than hardware threads: nobody is pinned, one thread each", arguments: 1...4)
  func oversubscribed(count: Int) {
    for binding in bindings(cores(count, threads: 2), ranks: 2 * count + 1) {
      #expect(binding.isOversubscribed && binding.threads == 1)
      #expect(binding.processors == Array(0..<2 * count))
    }
  }

  @Test("more ranks than cores but not than hardware threads get one of those each")
  func hardwareThreads() {
    let bindings = bindings(cores(2, threads: 2), ranks: 4)
    #expect(bindings.map(\.processors) == [[0], [2], [1], [3]])
    #expect(bindings.allSatisfy { $0.threads == 1 && !$0.isOversubscribed })
  }

  @Test("keep stays with the launched mask, divided only where it is everybody's")
  func keep() {
    let node = cores(8, threads: 1)
    let pinned = Machine(allocation: node, own: [[4], [5]], localRank: 1, localSize: 2)
    #expect(Binding(.keep, on: pinned).processors == [4, 5])
    #expect(Binding(.keep, on: pinned).threads == 2)
    let free = Machine(allocation: node, own: node, localRank: 1, localSize: 3)
    #expect(Binding(.keep, on: free).processors == Array(0..<8))
    #expect(Binding(.keep, on: free).threads == 2)
    let share = Machine(allocation: nil, own: [[4], [5]], localRank: 1, localSize: 2)
    #expect(Binding(.auto, on: share).processors == [4, 5])
    #expect(Binding(.auto, on: share).threads == 2)
    #expect(Binding(.auto, on: share).mask == "4-5")
  }

  @Test("more threads than cores are told of, and processors stay")
  func threads() {
    let node = cores(4, threads: 2)
    let binding = Binding(.auto, on: Machine(allocation: node, own: node, localSize: 2))
    #expect(binding.with(threads: nil) == binding && binding.threads == 2)
    for count in 1...4 {
      let asked = binding.with(threads: count)
      #expect(asked.threads == count && asked.processors == binding.processors)
      #expect(asked.isOversubscribed == (count > 2))
    }
  }

  @Test("a limit on processor time lowers threads, and counts as too few cores")
  func quota() {
    func binding(_ quota: Double, ranks: Int) -> Binding {
      let node = cores(16, threads: 1)
      return Binding(
        .auto, on: Machine(allocation: node, own: node, localSize: ranks, quota: quota))
    }
    #expect(binding(6, ranks: 2).threads == 3)
    #expect(binding(6, ranks: 2).processors.count == 8)
    #expect(binding(0.5, ranks: 1).threads == 1)
    #expect(!binding(0.5, ranks: 1).isOversubscribed)
    #expect(binding(2, ranks: 3).isOversubscribed)
    #expect(binding(2, ranks: 3).processors.count == 16)
  }

  @Test("masks are written as Linux writes them")
  func mask() {
    let node = [[0], [1], [2], [5], [7], [8]]
    #expect(Binding(.keep, on: Machine(allocation: node, own: node)).mask == "0-2,5,7-8")
  }

  @Test("this process's own mask is found and can be applied")
  func applies() {
    let binding = Binding(.keep)
    #expect(!binding.processors.isEmpty && binding.threads >= 1)
    #expect(binding.apply())
    #expect(Binding(.keep).processors == binding.processors)
  }
}
