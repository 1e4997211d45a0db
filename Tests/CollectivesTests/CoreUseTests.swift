import Collectives
import Testing

@Suite("The use of a rank's processors")
struct CoreUseTests {
  private static let stat = """
    cpu  900 0 300 9000 10 5 5 50 0 0
    cpu0 100 10 50 800 7 1 2 3 0 0
    cpu1 200 0 70 700 9 0 4 6 0 0
    cpu10 5 0 5 5 5 5 5 5 0 0
    intr 12345
    """

  @Test("is counted in what is neither idle nor waiting for a disk, of its processors alone")
  func ticks() {
    #expect(CoreUse.busyTicks(Self.stat, of: [0]) == 166)
    #expect(CoreUse.busyTicks(Self.stat, of: [0, 1]) == 446)
    #expect(CoreUse.busyTicks(Self.stat, of: [1, 10]) == 305)
    #expect(CoreUse.busyTicks(Self.stat, of: [2]) == nil)
    #expect(CoreUse.busyTicks("cpu0 1 2 3\n", of: [0]) == nil)
  }

  @Test("is others' where this process did not spend it, as a share of the time that passed")
  func others() {
    let start = ContinuousClock.now
    let first = CoreUse.Times(all: 100, own: 20, clock: start)
    func share(all: Double, own: Double) -> Double {
      CoreUse.others(
        from: first, to: .init(all: all, own: own, clock: start + .seconds(10)), processors: 2)
    }
    #expect(share(all: 120, own: 40) == 0)
    #expect(share(all: 120, own: 35) == 0.25)
    #expect(share(all: 99, own: 40) == 0)
    #expect(share(all: 200, own: 20) == 1)
  }
}
