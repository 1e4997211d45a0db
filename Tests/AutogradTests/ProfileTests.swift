import Autograd
import Tensors
import TestSupport
import Testing

@Suite("A profile")
struct ProfileTests {
  @Test("names every operation once, with the products' FLOPs, and nothing overlaps wrongly")
  func operations() async {
    await #expect(processExitsWith: .success) {
      try Threads.start(2)
      let set = randomParameters(["x": [200, 24], "w": [24, 24], "b": [24], "v": [300, 24]])
      let x = try #require(set["x"]), w = try #require(set["w"])
      let b = try #require(set["b"]), v = try #require(set["v"])
      let products = GEMM.recording {
        Profile.start()
        let tape = Tape(), segments = Segments(lengths: [120, 80])
        let h = gelu(linear(layerNorm(Variable(x, on: tape), gain: b, bias: b), w, b))
        let found = attention(h, h, h, heads: 2, queries: segments, keys: segments)
        _ = vocabularyCrossEntropy(
          found, v, targets: [Int32](repeating: 7, count: 200), weight: 1)
        Profile.measure("all", isPhase: true) { tape.backward() }
        // Other regions may end before another member comes.
        Profile.measure("together", bytes: 1) { Threads.run { _, _ in } }
      }
      let events = Profile.stop()
      let own = events.filter { $0.thread == 0 }, steps = own.filter { !$0.isPhase }
      let names = ["layer norm", "linear", "GELU", "attention", "vocabulary cross-entropy"]
      #expect(steps.map(\.name) == names + names.reversed().map { $0 + ", backward" } + ["together"])
      #expect(
        steps.reduce(0) { $0 + Double($1.operations) }
          == products.reduce(0) { $0 + $1.operations })
      #expect(steps.allSatisfy { $0.bytes > 0 && $0.productTime <= 2 * ($0.end - $0.start) })
      #expect(zip(steps, steps.dropFirst()).allSatisfy { $0.end <= $1.start })
      let phase = own.filter(\.isPhase)
      #expect(phase.count == 1)
      #expect(steps[5..<10].allSatisfy { phase[0].start <= $0.start && $0.end <= phase[0].end })
      let parts = events.filter { $0.thread == 1 }
      #expect(!parts.isEmpty)
      #expect(parts.allSatisfy { part in
        steps.contains { $0.name == part.name && $0.start <= part.start && part.start <= $0.end }
      })
      Profile.measure("unseen") {}
      #expect(Profile.stop().isEmpty)
    }
  }

  @Test("what a block makes again shows within the operation that needs it")
  func again() async {
    await #expect(processExitsWith: .success) {
      let set = randomParameters(["x": [20, 24], "w": [24, 24]])
      let x = try #require(set["x"]), w = try #require(set["w"])
      let tape = Tape()
      let result = block([Variable(x, on: tape)]) { linear(gelu($0[0]), w) }
      result.seed(Tensor.zeros([20, 24]))
      Profile.start()
      tape.backward()
      let events = Profile.stop().filter { $0.thread == 0 }
      #expect(events.map(\.name) == ["GELU, again", "linear, backward", "GELU, backward"])
      #expect(events[1].start <= events[0].start && events[0].end <= events[1].end)
      #expect(events[0].bytes == 2 * 20 * 24 * 4)
    }
  }
}
