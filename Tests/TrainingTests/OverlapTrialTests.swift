import Collectives
import Testing
import Training

@Suite("The trial of when gradients travel")
struct OverlapTrialTests {
  /// What a run decides whose steps take these seconds, in the first step three times as many.
  func choice(off: Double, buckets: Double, thread: Double) -> GradientReducer.Overlap? {
    let seconds: [GradientReducer.Overlap: Double] = [
      .off: off, .buckets: buckets, .thread: thread,
    ]
    var trial = OverlapTrial()
    for step in 0..<20 {
      // The machine is now slower, now faster.
      let drift = [1, 1.3, 0.9, 1.02, 1][step / 3 % 5] * (step == 0 ? 3 : 1)
      if let verdict = trial.add(drift * (seconds[trial.next] ?? .nan)) { return verdict.choice }
    }
    return nil
  }

  @Test("finds the fastest way")
  func fastest() {
    #expect(choice(off: 1, buckets: 0.9, thread: 0.7) == .thread)
    #expect(choice(off: 1, buckets: 0.8, thread: 1.2) == .buckets)
    #expect(choice(off: 1, buckets: 1.1, thread: 1.2) == .off)
  }

  @Test("lets gradients wait where moving them earlier gains next to nothing")
  func tie() { #expect(choice(off: 1, buckets: 0.99, thread: 0.98) == .off) }

  @Test("makes a first step that does not count, then each way equally often")
  func turns() {
    var trial = OverlapTrial(), ways: [GradientReducer.Overlap] = []
    repeat { ways.append(trial.next) } while trial.add(1) == nil
    #expect(ways.count == 13)
    for way in GradientReducer.Overlap.allCases {
      #expect(ways.dropFirst().filter { $0 == way }.count == 4)
    }
  }
}
