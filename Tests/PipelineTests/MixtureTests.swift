import Pipeline
import Testing

@Suite("Mixture")
struct MixtureTests {
  static let worlds: [[Int]] = [
    [1], [1, 1], [3, 2, 2], [1, 999], [999, 1, 1], [5, 5, 5, 5], [1, 2, 4, 8, 16],
    [97, 1, 1, 1, 50, 3], [1, 1, 1, 1, 1, 1, 1], [13, 7, 7, 5, 3, 2, 2, 1], [1000, 999, 1, 998, 2],
  ]
  static let batches = [1, 2, 3, 5, 7, 8, 16, 63, 64, 240]

  static func mixture(_ weights: [Int], batch: Int) throws -> Mixture {
    try Mixture(
      batch: batch, weights: weights.map { Double($0) }, samples: weights.map { _ in 1 })
  }

  @Test("a batch is full, no cursor moves back, and shares are kept within two pairs",
        arguments: worlds, batches)
  func quotas(weights: [Int], batch: Int) throws {
    let mixture = try Self.mixture(weights, batch: batch)
    var before = mixture.taken(before: 0)
    #expect(before.allSatisfy { $0 == 0 })
    for step in 0..<300 {
      let pairs = mixture.pairs(of: step)
      let after = mixture.taken(before: step + 1)
      #expect(pairs.map(\.lowerBound) == before && pairs.map(\.upperBound) == after)
      #expect(pairs.reduce(0) { $0 + $1.count } == batch)
      for source in weights.indices {
        let share = mixture.share(of: source)
        #expect(abs(Double(pairs[source].count) - share) < 2)
        #expect(abs(Double(after[source]) - share * Double(step + 1)) < 2)
      }
      before = after
    }
  }

  @Test("after as many steps as the weights sum up to, every source has its share exactly",
        arguments: worlds, batches)
  func exactInTheLongRun(weights: [Int], batch: Int) throws {
    let mixture = try Self.mixture(weights, batch: batch)
    for rounds in [1, 2, 1000] {
      let taken = mixture.taken(before: rounds * mixture.total)
      #expect(taken == mixture.weights.map { $0 * rounds * batch })
    }
  }

  @Test("half a million steps of 65,536 pairs are counted exactly, at extreme weights")
  func largeRuns() throws {
    let samples = [1_000_000_000_000, 1, 1_800_000_000, 3_000_000_017]
    let mixture = try Mixture(batch: 65_536, weights: [nil, nil, nil, nil], samples: samples)
    let total = samples.reduce(0, +)
    for step in [1, 499_999, 500_000, 40_000_000_000] {
      let pairs = mixture.pairs(of: step)
      #expect(pairs.reduce(0) { $0 + $1.count } == 65_536)
      let taken = mixture.taken(before: step)
      #expect(taken.reduce(0, +) == step * 65_536)
      for (source, count) in samples.enumerated() {
        let product = UInt128(step * 65_536) * UInt128(count)
        let exact = Int(product / UInt128(total))
        #expect(abs(taken[source] - exact) <= 2)
      }
    }
  }

  @Test("decimal weights are whole numbers in the same proportion")
  func decimalWeights() throws {
    func weights(_ given: [Double?], samples: [Int]) throws -> [Int] {
      try Mixture(batch: 8, weights: given, samples: samples).weights
    }
    #expect(try weights([0.001, 0.999], samples: [5, 5]) == [1, 999])
    #expect(try weights([0.1, 0.2, 0.7], samples: [5, 5, 5]) == [1, 2, 7])
    #expect(try weights([1.5, 1], samples: [5, 5]) == [3, 2])
    #expect(try weights([nil, nil], samples: [300, 200]) == [3, 2])
    #expect(try weights([1e-9, 1], samples: [1, 1]) == [1, 1_000_000_000])
  }

  @Test("weights that can't be meant are refused with the source named", arguments: [
    ([1, nil], PipelineError("data", .someWeightsMissing)),
    ([1, 0], PipelineError("data[1].weight", .notPositive("0.0"))),
    ([-1, 1], PipelineError("data[0].weight", .notPositive("-1.0"))),
    ([.nan, 1], PipelineError("data[0].weight", .notPositive("nan"))),
    ([1, .infinity], PipelineError("data[1].weight", .notPositive("inf"))),
    ([1e-12, 1], PipelineError("data", .weightsTooFine)),
    ([1e-9, 1e9], PipelineError("data", .weightsTooLarge)),
  ] as [([Double?], PipelineError)])
  func refusedWeights(weights: [Double?], error: PipelineError) {
    #expect(throws: error) { try Mixture(batch: 8, weights: weights, samples: [5, 5]) }
  }

  @Test("a run without sources, samples or a batch is refused")
  func refusedRuns() {
    #expect(throws: PipelineError("data", .noSources)) {
      try Mixture(batch: 8, weights: [], samples: [])
    }
    #expect(throws: PipelineError("data[1]", .noSamples)) {
      try Mixture(batch: 8, weights: [nil, nil], samples: [3, 0])
    }
    #expect(throws: PipelineError("batch", .notPositive("0"))) {
      try Mixture(batch: 0, weights: [nil], samples: [3])
    }
  }
}

@Suite("Steps")
struct StepsTests {
  @Test("epochs take as many steps as the slowest source needs")
  func epochs() throws {
    let mixture = try Mixture(batch: 10, weights: [3, 2, 2], samples: [30, 20, 50])
    #expect(try mixture.steps(epochs: 1, samples: [30, 20, 50]) == 18)
    #expect(try mixture.steps(epochs: 2, samples: [30, 20, 50]) == 35)
    #expect(try mixture.steps(epochs: 0.5, samples: [30, 20, 50]) == 9)
    let single = try Mixture(batch: 65_536, weights: [nil], samples: [3_600_000_000])
    #expect(try single.steps(epochs: 9, samples: [3_600_000_000]) == 494_385)
  }

  @Test("unweighted sources end an epoch together", arguments: 1...40)
  func unweighted(batch: Int) throws {
    let samples = [31, 17, 5]
    let mixture = try Mixture(batch: batch, weights: [nil, nil, nil], samples: samples)
    #expect(try mixture.steps(epochs: 1, samples: samples) == (53 + batch - 1) / batch)
  }

  @Test("samples take ceil(samples / batch) steps")
  func samples() throws {
    let mixture = try Mixture(batch: 10, weights: [nil], samples: [30])
    #expect(try [1, 10, 11, 100].map { try mixture.steps(pairs: $0) } == [1, 1, 2, 10])
    #expect(throws: PipelineError.self) { try mixture.steps(pairs: 0) }
  }

  @Test("epochs that can't be counted are refused", arguments: [
    0, -1, .nan, 1.0 / 3, 1e18, .infinity,
  ])
  func refusedEpochs(epochs: Double) throws {
    let mixture = try Mixture(batch: 10, weights: [nil], samples: [30])
    let isMany = epochs > 1e9
    #expect(
      throws: PipelineError("epochs", isMany ? .tooManySteps : .notPositive("\(epochs)"))
    ) {
      try mixture.steps(epochs: epochs, samples: [30])
    }
  }
}
