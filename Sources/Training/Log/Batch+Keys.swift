import Collectives
import Foundation
import Pipeline

extension Batch {
  /// The keys of all ranks' shares by source, each in the order of the pairs' numbers. Collective.
  func keys(over ranks: any Communicator) throws -> [String: [String]] {
    let mine = rows.map { KeyedPair(source: $0.source, number: $0.number, key: $0.key) }
    let pairs = try ranks.allGather(Array(JSONEncoder().encode(mine)))
      .flatMap { try JSONDecoder().decode([KeyedPair].self, from: Data($0)) }
      .sorted { ($0.source, $0.number) < ($1.source, $1.number) }
    return Dictionary(grouping: pairs) { sourceNames[$0.source] }.mapValues { $0.map(\.key) }
  }
}

private struct KeyedPair: Codable {
  let source: Int
  let number: Int
  let key: String
}
