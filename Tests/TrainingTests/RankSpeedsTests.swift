import Tensors
import Testing
import Training

@Suite("How fast the ranks' products are")
struct RankSpeedsTests {
  private func speed(
    _ gigaflops: Double, of limit: Double = 100, processor: String = "P", kernel: String = "Zen",
    float32: Double? = nil
  ) -> ProductSpeed {
    ProductSpeed(
      processor: processor, instructions: "avx2", kernel: kernel,
      rate: ProductRate(products: gigaflops * 1e9, limit: limit * 1e9),
      float32: ProductRate(products: (float32 ?? gigaflops) * 1e9, limit: limit * 1e9))
  }

  private func unevenness(_ speeds: [ProductSpeed], ratesCount: Bool = true) -> String? {
    RankSpeeds(hosts: speeds.indices.map { "host\($0)" }, speeds: speeds)
      .unevenness(ratesCount: ratesCount)
  }

  @Test("is told of the slowest, and of all processors")
  func text() {
    let speeds = [speed(80), speed(70, processor: "Q")]
    #expect(
      RankSpeeds(hosts: ["a", "b"], speeds: speeds).text
        == "70 GFLOP/s a core, 70% of the limit at least, P, Q")
  }

  @Test("is no news where ranks are alike, within a third")
  func alike() {
    #expect(unevenness([speed(80)]) == nil)
    #expect(unevenness([speed(80), speed(65), speed(70)]) == nil)
  }

  @Test("names the rank that another processor, another kernel or a rate makes slow")
  func different() {
    let others = [speed(60), speed(80, processor: "Q"), speed(80, kernel: "Haswell")]
    for other in others {
      let told = unevenness([speed(80), speed(80), other])
      #expect(told?.contains("rank 2 on host2") == true && told?.contains("rank 0 on") == true)
    }
    #expect(unevenness([speed(50), speed(80), speed(80)])?.contains("rank 0 on host0") == true)
  }

  @Test("says nothing of rates on one host, which other programs make uneven")
  func oneHost() {
    let speeds = [speed(80), speed(40)]
    #expect(RankSpeeds(hosts: ["a", "a"], speeds: speeds).unevenness(ratesCount: true) == nil)
    #expect(RankSpeeds(hosts: ["a", "b"], speeds: speeds).unevenness(ratesCount: true) != nil)
  }

  @Test("says nothing of rates where ranks share cores")
  func shared() {
    #expect(unevenness([speed(80), speed(40)], ratesCount: false) == nil)
    #expect(unevenness([speed(80), speed(40, kernel: "Haswell")], ratesCount: false) != nil)
  }

  @Test("is complained of below half of the limit, with what to do")
  func complaints() {
    #expect(speed(51).complaint == nil)
    #expect(speed(49).complaint?.contains("49 GFLOP/s a core, 49%") == true)
  }

  @Test("is complained of where bfloat16 is slower than float32")
  func slowDots() {
    let told = speed(60, of: 70, float32: 69).complaint
    #expect(told?.contains("Set precision: float32") == true)
    #expect(speed(68, of: 70, float32: 69).complaint == nil)
  }
}
