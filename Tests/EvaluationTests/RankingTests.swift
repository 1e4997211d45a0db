import Evaluation
import Tensors
import Testing

@Suite("Ranking")
struct RankingTests {
  private func rows(_ values: [[Float]]) -> Tensor {
    Tensor(values.flatMap(\.self), shape: [values.count, values.first?.count ?? 2])
  }

  @Test("a place is the number of wrong candidates nearer than the nearest right one")
  func places() {
    let queries = rows([[1, 0], [0, 1], [0.6, 0.8]])
    let candidates = rows([[0.8, 0.6], [0.6, 0.8], [0, 1], [1, 0]])
    #expect(
      Ranking.places(of: queries, among: candidates, right: [3..<4, 3..<4, 0..<1])
        == [0, 3, 1].map { Ranking.Place(before: $0) })
    #expect(
      Ranking.places(of: queries, among: candidates, right: [0..<2, 0..<2, 0..<4])
        == [1, 1, 0].map { Ranking.Place(before: $0) })
  }

  @Test("of a tie the right answer comes last, also of one that rounding makes")
  func ties() {
    let near: Float = 0.6 + 1e-7
    let candidates = rows([[0.6, 0.8], [0.6, 0.8], [near, 0.8], [0, 1]])
    for right in 0..<3 {
      let places = Ranking.places(
        of: rows([[1, 0]]), among: candidates, right: [right..<right + 1])
      #expect(places == [Ranking.Place(before: 0, tied: 2)])
    }
    let same = Ranking.places(
      of: rows([[1, 0], [1, 0]]), among: rows([[1, 0], [1, 0], [1, 0]]), right: [0..<1, 1..<3])
    #expect(same == [Ranking.Place(tied: 2), Ranking.Place(tied: 1)])
    let behind = Ranking.places(
      of: rows([[0, 1]]), among: candidates, right: [0..<1])
    #expect(behind == [Ranking.Place(before: 1, tied: 2)] && behind[0].last == 3)
  }

  @Test("what is not a number never helps", arguments: [Float.nan, .infinity])
  func notFinite(bad: Float) {
    let broken = rows([[bad, bad], [0, 1], [0.6, 0.8]])
    let query = rows([[1, 0]])
    #expect(Ranking.places(of: query, among: broken, right: [0..<1]).map(\.last) == [2])
    #expect(Ranking.places(of: query, among: broken, right: [1..<2]).map(\.last) == [2])
    #expect(
      Ranking.places(of: rows([[.nan, 0]]), among: rows([[1, 0], [0, 1]]), right: [0..<1])
        == [Ranking.Place(before: 1)])
  }

  @Test("tiles equal the plain count", arguments: [1, 255, 257, 600], [1, 2047, 2050, 4100])
  func tiles(queries: Int, candidates: Int) {
    let random = CounterRandom(seed: 4, "rows")
    func unit(_ count: Int, _ first: UInt64) -> Tensor {
      let raw = Tensor([count, 3]), rows = Tensor([count, 3]), norms = Tensor([count])
      for i in 0..<raw.count { raw.pointer[i] = Float(random.normal(first + UInt64(i))) }
      kernels.l2_normalize(raw.pointer, rows.pointer, norms.pointer, count, 3)
      return rows
    }
    let a = unit(queries, 0), b = unit(candidates, 1 << 20)
    let right = (0..<queries).map { query in
      let first = random.below(candidates, at: UInt64(1 << 30 + query))
      return first..<min(first + 1 + query % 3, candidates)
    }
    let places = Ranking.places(of: a, among: b, right: right).map(\.last)
    for query in stride(from: 0, to: queries, by: 37) {
      let scores = (0..<candidates).map { column in
        Float(kernels.dot(a.pointer + query * 3, b.pointer + column * 3, 3))
      }
      let best = scores[right[query]].max() ?? 0
      let wrong = (0..<candidates).filter { !right[query].contains($0) }
      // The candidates within rounding of the tie's edge may fall on either side.
      let edge = wrong.count { abs(scores[$0] - (best - Ranking.tie)) < 5e-7 }
      let expected = wrong.count { scores[$0] >= best - Ranking.tie }
      #expect(abs(places[query] - expected) <= edge, "query \(query)")
    }
  }

  @Test("no queries have no places")
  func empty() {
    #expect(Ranking.places(of: Tensor([0, 2]), among: rows([[1, 0]]), right: []).isEmpty)
  }
}
