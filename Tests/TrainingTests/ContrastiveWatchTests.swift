import Foundation
import Testing
import Training

@Suite("A contrastive loss that learns nothing")
struct ContrastiveWatchTests {
  private func warnings(
    steps: Int, loss: (Int) -> Double, scale: (Int) -> Double = { _ in 14.3 }
  ) -> [(step: Int, text: String)] {
    var watch = ContrastiveWatch(warmup: 20)
    return (1...steps).flatMap { step in
      watch.add(step: step, loss: loss(step), chance: log(128), scale: scale(step))
        .map { (step, $0) }
    }
  }

  @Test("is told once, 100 steps after the warm-up, with the value of chance")
  func stuck() {
    let found = warnings(steps: 1000) { _ in log(128) }
    #expect(found.map(\.step) == [120])
    #expect(found.first?.text.contains("below 4.85, its value") == true)
  }

  @Test("is not told where the loss falls below it now and then")
  func learning() {
    #expect(warnings(steps: 1000) { $0 % 90 == 0 ? 4.5 : 4.9 }.isEmpty)
  }

  @Test("a logit scale that falls below its start is told once, with both values")
  func scale() {
    let found = warnings(steps: 400, loss: { _ in 3 }) { 14.3 - 0.02 * Double($0) }
    #expect(found.count == 1)
    #expect(found.first?.text.contains("has fallen from 14.3 to ") == true)
    #expect(warnings(steps: 400, loss: { _ in 3 }) { _ in 13.5 }.isEmpty)
  }
}
