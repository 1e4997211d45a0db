/// Shards that are read in turns: in each turn a slice of every shard, from its start to its end.
///
/// All are cut into the same number of slices, so that large and small ones end together.
struct ShardTurns {
  /// Samples of each shard.
  private let counts: [Int]
  private let samples: Int
  private let turns: Int

  /// - Parameter turnSamples: about how many samples all shards together give in a turn.
  init(counts: [Int], turnSamples: Int) {
    self.counts = counts
    samples = counts.reduce(0, +)
    turns = max(1, samples / turnSamples)
  }

  /// Which shard gives the sample at a position, and the sample's offset in that shard.
  func shard(at position: Int) -> (slot: Int, offset: Int) {
    precondition(position >= 0 && position < samples, "position \(position) is past the end")
    var turn = position * turns / samples
    while start(of: turn + 1) <= position { turn += 1 }
    var rest = position - start(of: turn)
    for slot in counts.indices {
      let offset = offset(slot, turn), count = self.offset(slot, turn + 1) - offset
      if rest < count { return (slot, offset + rest) }
      rest -= count
    }
    preconditionFailure("a turn gives the samples of its slices")
  }

  private func start(of turn: Int) -> Int {
    counts.indices.reduce(0) { $0 + offset($1, turn) }
  }

  private func offset(_ slot: Int, _ turn: Int) -> Int { counts[slot] * turn / turns }
}
