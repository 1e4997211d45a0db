import Synchronization

/// A cache of values that are costly to make; the least recently used are removed first. Many
/// threads may use it; if two of them miss the same key at once, both make the value.
package final class RecentlyUsed<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private struct Entry {
    var value: Value
    var cost: Int
    var lastUse: Int
  }

  private struct State {
    var entries: [Key: Entry] = [:]
    var cost = 0
    var uses = 0
  }

  private let limit: Int
  private let state = Mutex(State())

  /// - Parameter limit: the most that the costs of all kept values may add up to.
  package init(limit: Int) {
    self.limit = limit
  }

  package func value(_ key: Key, cost: (Value) -> Int, make: () throws -> Value) rethrows -> Value {
    if let known = state.withLock({ Self.use(key, in: &$0) }) { return known }
    let made = try make()
    let price = cost(made)
    state.withLock { keep(made, price, under: key, in: &$0) }
    return made
  }

  /// The value if it is kept; this does not count as a use.
  package func known(_ key: Key) -> Value? { state.withLock { $0.entries[key]?.value } }

  package func remove(_ key: Key) {
    state.withLock { state in
      if let entry = state.entries.removeValue(forKey: key) { state.cost -= entry.cost }
    }
  }

  /// The cost of all values that are kept now.
  package var cost: Int { state.withLock { $0.cost } }

  private static func use(_ key: Key, in state: inout State) -> Value? {
    state.uses += 1
    state.entries[key]?.lastUse = state.uses
    return state.entries[key]?.value
  }

  private func keep(_ value: Value, _ cost: Int, under key: Key, in state: inout State) {
    guard cost <= limit, state.entries[key] == nil else { return }
    while state.cost + cost > limit,
      let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse })
    {
      state.entries[oldest.key] = nil
      state.cost -= oldest.value.cost
    }
    state.entries[key] = Entry(value: value, cost: cost, lastUse: state.uses)
    state.cost += cost
  }
}
