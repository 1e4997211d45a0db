import Tensors
import Testing

@Suite("Products beside a plain loop's")
struct ProductCheckTests {
  @Test("are right here, in every precision", arguments: GEMM.Precision.allCases)
  func here(precision: GEMM.Precision) {
    guard precision.isSupported else { return }
    #expect(ProductCheck.isRight { GEMM.serial($0, $1, into: $2, keep: $3, precision) })
  }

  @Test("are found wrong where a kernel forgets what was there")
  func forgotten() {
    #expect(!ProductCheck.isRight { a, b, c, _ in GEMM.serial(a, b, into: c) })
  }

  @Test("are found wrong where a kernel adds to what it should replace")
  func kept() {
    #expect(!ProductCheck.isRight { a, b, c, _ in GEMM.serial(a, b, into: c, keep: 1) })
  }

  @Test("are found wrong where a kernel leaves an edge out", arguments: [0, 1])
  func edge(side: Int) {
    #expect(
      !ProductCheck.isRight { a, b, c, keep in
        let rows = 0..<c.rows - (side == 0 ? 1 : 0), columns = 0..<c.columns - side
        GEMM.serial(
          a.rows(rows), b.columns(columns), into: c.rows(rows).columns(columns), keep: keep)
      })
  }

  @Test("are found wrong where one number in one layout is off by one unit in the last place")
  func lastPlace() {
    #expect(
      !ProductCheck.isRight { a, b, c, keep in
        GEMM.serial(a, b, into: c, keep: keep)
        if a.isTransposed, b.isTransposed, c.rows > 100 { c.pointer[500] = c.pointer[500].nextUp }
      })
  }

  @Test("have a rate, and multiply-adds in registers have one")
  func rates() {
    let rate = ProductRate.measure()
    #expect(rate.products > 0 && rate.limit > 0 && rate.share > 0)
    for kind in MultiplyAdds.allCases where kind.isSupported {
      #expect(kind.rate(seconds: 1e-4) > 0)
    }
  }
}
