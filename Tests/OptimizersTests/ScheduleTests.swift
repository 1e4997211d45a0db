import Optimizers
import Testing

@Suite("Schedule")
struct ScheduleTests {
  private func isClose(_ a: Double, _ b: Double) -> Bool { abs(a - b) < 1e-12 }

  @Test("warm-up rises in equal parts to the peak", arguments: Schedule.Decay.allCases)
  func warmup(decay: Schedule.Decay) {
    let schedule = Schedule(peak: 2, warmup: 0.1, steps: 50, decay: decay)
    #expect(schedule.warmupSteps == 5)
    for step in 0..<5 { #expect(isClose(schedule.rate(at: step), 2 * Double(step + 1) / 5)) }
    #expect(isClose(schedule.rate(at: 5), 2))
  }

  @Test("warm-up from 1 on counts steps, below it is a fraction", arguments: [
    (0.0, 0), (0.02, 4), (0.5, 100), (1, 1), (7, 7), (200, 200),
  ])
  func warmupSteps(warmup: Double, steps: Int) {
    #expect(
      Schedule(peak: 1, warmup: warmup, steps: 200, decay: .linear).warmupSteps == steps)
  }

  @Test("decays as its name says", arguments: [
    (Schedule.Decay.linear, 0.75, 0.5, 0.01),
    (.cosine, 0.853_553_390_593_274, 0.5, 0.000_246_719_817),
    (.constant, 1, 1, 1),
  ])
  func decay(decay: Schedule.Decay, quarter: Double, half: Double, last: Double) {
    let schedule = Schedule(peak: 3, warmup: 20, steps: 120, decay: decay)
    #expect(isClose(schedule.rate(at: 45), 3 * quarter))
    #expect(isClose(schedule.rate(at: 70), 3 * half))
    #expect(abs(schedule.rate(at: 119) - 3 * last) < 1e-9)
  }

  @Test("a run of any length has rates above 0 and at most the peak", arguments:
    Schedule.Decay.allCases)
  func anyLength(decay: Schedule.Decay) {
    for steps in 1...12 {
      for warmup in [0, 0.02, 0.5, 0.99, 1, 5, 40] {
        let schedule = Schedule(peak: 0.5, warmup: warmup, steps: steps, decay: decay)
        for step in 0..<steps {
          let rate = schedule.rate(at: step)
          #expect(rate > 0 && rate <= 0.5, "step \(step) of \(steps), warm-up \(warmup)")
        }
      }
    }
  }
}
