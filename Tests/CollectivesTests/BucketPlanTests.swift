import Collectives
import Testing

@Suite("Bucket plan")
struct BucketPlanTests {
  private typealias Shape = (rows: Int, width: Int)
  private static let worlds: [[Shape]] = [
    [(1, 1)], [(1, 5), (1, 5), (1, 5)], [(700, 3), (1, 3), (2, 40), (64, 1), (65, 2)],
    [(1, 9), (1000, 1), (1, 1), (36, 4)],
  ]

  /// A plan of a small world.
  private struct Case: Sendable {
    let shapes: [Shape]
    let ranks: Int
    let plan: BucketPlan

    var elements: Int { shapes.reduce(0) { $0 + $1.rows * $1.width } }

    func firstElement(of tensor: Int) -> Int {
      shapes[..<tensor].reduce(0) { $0 + $1.rows * $1.width }
    }
  }

  private static let cases = worlds.flatMap { shapes in
    (1...9).flatMap { ranks in
      [1, 7, 100, 10_000].map { bucket in
        var sizes = BucketPlan.Sizes()
        (sizes.bucket, sizes.trip) = (bucket, 2 * bucket)
        return Case(
          shapes: shapes, ranks: ranks, plan: BucketPlan(shapes, ranks: ranks, sizes))
      }
    }
  }

  @Test("every element travels once, in buckets from the last tensor to the first")
  func everyElement() {
    for world in Self.cases {
      let plan = world.plan
      #expect(plan.buckets.reversed().flatMap(\.tensors) == Array(world.shapes.indices))
      for tensor in world.shapes.indices {
        let bucket = plan.buckets[plan.bucket(of: tensor)]
        #expect(bucket.tensors.contains(tensor))
      }
      var travels = [Int](repeating: 0, count: world.elements)
      for bucket in plan.buckets {
        for trip in 0..<bucket.trips {
          let parts = bucket.parts(trip)
          #expect(parts.count == world.ranks)
          for element in parts.joined() { travels[element] += 1 }
        }
      }
      let isOnce = travels.allSatisfy { $0 == 1 }
      #expect(isOnce)
    }
  }

  @Test("ranks own whole row blocks, every row has one owner, and what they own is what travels")
  func rows() {
    for world in Self.cases {
      for (tensor, shape) in world.shapes.enumerated() {
        let owned = (0..<world.ranks).map { world.plan.rows(of: tensor, rank: $0) }
        let rows = owned.flatMap { Array($0) }, blocks = RowBlocks(rows: shape.rows)
        #expect(rows == Array(0..<shape.rows))
        let all = owned.flatMap { Array(blocks.blocks(of: $0)) }
        #expect(all == Array(0..<blocks.count))
        let bounds = world.plan.buckets[world.plan.bucket(of: tensor)].bounds
        let start = world.firstElement(of: tensor)
        for (rank, rows) in owned.enumerated() where !rows.isEmpty {
          let first = start + rows.lowerBound * shape.width
          let end = start + rows.upperBound * shape.width
          #expect(bounds[rank] <= first && end <= bounds[rank + 1])
        }
      }
    }
  }

  @Test("parts of a large matrix are equal to within a row block")
  func balance() {
    for ranks in [2, 3, 4, 7, 8, 16, 64] {
      let plan = BucketPlan([(64_000, 8)], ranks: ranks)
      for rank in 0..<ranks {
        let rows = plan.rows(of: 0, rank: rank).count
        #expect(abs(rows - 64_000 / ranks) <= 1_000, "\(rows) of \(ranks)")
      }
    }
  }

  @Test("another shape, order or number of ranks has another hash")
  func hash() {
    let plans = [
      BucketPlan([(3, 4), (5, 6)], ranks: 2), BucketPlan([(3, 4), (5, 6)], ranks: 3),
      BucketPlan([(5, 6), (3, 4)], ranks: 2), BucketPlan([(3, 4), (5, 7)], ranks: 2),
    ]
    #expect(Set(plans.map(\.hash)).count == plans.count)
    #expect(BucketPlan([(3, 4), (5, 6)], ranks: 2).hash == plans[0].hash)
  }
}
