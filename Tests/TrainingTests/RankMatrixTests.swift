import Foundation
import Testing

@Suite("Ten steps of the tiny model", .serialized)
struct RankMatrixTests {
  private static let plain = Result { try RankMatrix.run(.plain)[0] }

  @Test(
    "agree with one rank's in gradients and weights, and all ranks in every bit",
    arguments: RankCombination.chosen)
  func agree(combination: RankCombination) throws {
    let plain = try Self.plain.get()
    let results = try RankMatrix.run(combination)
    let result = results[0]
    #expect(results.allSatisfy { $0 == result }, "all ranks have the same bits")
    for (index, name) in plain.names.enumerated() where !name.hasSuffix("key.bias") {
      // The true gradient of a key bias is zero: what is found there is rounding.
      let gradient = plain.gradients[index]
      let error = distance(result.gradients[index], gradient)
      #expect(error <= 1e-5 * length(gradient), "gradient of \(name): \(error / length(gradient))")
      let change = distance(plain.weights[index], plain.start[index])
      let off = distance(result.weights[index], plain.weights[index])
      #expect(off <= 1e-3 * change, "\(name) after ten steps: \(off / change)")
    }
  }

  @Test("have the same bits when they are repeated", arguments: RankCombination.repeated)
  func again(combination: RankCombination) throws {
    #expect(try RankMatrix.run(combination) == RankMatrix.run(combination))
  }

  private func length(_ a: [Float]) -> Double {
    a.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
  }

  private func distance(_ a: [Float], _ b: [Float]) -> Double {
    zip(a, b).reduce(0) { $0 + pow(Double($1.0) - Double($1.1), 2) }.squareRoot()
  }
}
