/// One division of the ranks into two halves, seen from one rank: its half takes on the sums of its
/// elements, the other half those of the rest.
package struct Halving: Equatable {
  /// Ranks of this rank's half, and of the other.
  package let mine: Range<Int>
  package let theirs: Range<Int>
  /// The rank to which this one sends its sums of the other half's elements.
  package let partner: Int
  /// The ranks whose sums of this half's elements this rank adds, in this order: the partner; an
  /// odd rank too; or none.
  package let givers: [Int]

  package static func all(rank: Int, size: Int) -> [Halving] {
    var halvings: [Halving] = []
    var group = 0..<size
    while group.count > 1 {
      let middle = group.lowerBound + (group.count + 1) / 2
      let lower = group.lowerBound..<middle, upper = middle..<group.upperBound
      let last = group.upperBound - 1, isOdd = lower.count > upper.count
      if upper.contains(rank) {
        let partner = rank - lower.count
        let odd = isOdd && rank == last ? [middle - 1] : []
        halvings.append(
          Halving(mine: upper, theirs: lower, partner: partner, givers: [partner] + odd))
        group = upper
      } else {
        let partner = rank + lower.count
        let isAlone = partner > last
        halvings.append(
          Halving(
            mine: lower, theirs: upper, partner: isAlone ? last : partner,
            givers: isAlone ? [] : [partner]))
        group = lower
      }
    }
    return halvings
  }
}
