import Collectives
import Testing

@Suite("Bucket plan")
struct BucketPlanTests {
  private typealias Shape = (rows: Int, width: Int)
  private static let worlds: [[Shape]] = [
    [(1, 1)], [(1, 5), (1, 5), (1, 5)], [(700, 3), (1, 3), (2, 40), (64, 1), (65, 2)],
    [(1, 9), (1000, 1), (1, 1), (36, 4)],
  ]

  private func forEachPlan(_ body: ([Shape], _ ranks: Int, BucketPlan) -> Void) {
    for shapes in Self.worlds {
      for ranks in 1...9 {
        for bucket in [1, 7, 100, 10_000] {
          var sizes = BucketPlan.Sizes()
          (sizes.bucket, sizes.trip) = (bucket, 2 * bucket)
          body(shapes, ranks, BucketPlan(shapes, ranks: ranks, sizes))
        }
      }
    }
  }

  @Test("every element travels once, in buckets from the last tensor to the first")
  func everyElement() {
    forEachPlan { shapes, ranks, plan in
      #expect(plan.buckets.reversed().flatMap(\.tensors) == Array(shapes.indices))
      for tensor in shapes.indices {
        #expect(plan.buckets[plan.bucket(of: tensor)].tensors.contains(tensor))
      }
      let elements = shapes.reduce(0) { $0 + $1.rows * $1.width }
      var owners = [Int](repeating: 0, count: elements)
      for bucket in plan.buckets {
        for trip in 0..<bucket.trips {
          let parts = bucket.parts(trip)
          #expect(parts.count == ranks)
          for element in parts.joined() { owners[element] += 1 }
        }
      }
      #expect(owners.allSatisfy { $0 == 1 })
    }
  }

  @Test("ranks own whole row blocks, every row has one owner, and what they own is what travels")
  func rows() {
    forEachPlan { shapes, ranks, plan in
      var start = 0
      for (tensor, shape) in shapes.enumerated() {
        let owned = (0..<ranks).map { plan.rows(of: tensor, rank: $0) }
        #expect(owned.flatMap { Array($0) } == Array(0..<shape.rows))
        let blocks = RowBlocks(rows: shape.rows)
        let all = owned.flatMap { Array(blocks.blocks(of: $0)) }
        #expect(all == Array(0..<blocks.count))
        let bucket = plan.buckets[plan.bucket(of: tensor)]
        for (rank, rows) in owned.enumerated() where !rows.isEmpty {
          let part = bucket.bounds[rank]..<bucket.bounds[rank + 1]
          #expect(part.contains(start + rows.lowerBound * shape.width))
          #expect(part.upperBound >= start + rows.upperBound * shape.width)
        }
        start += shape.rows * shape.width
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
