import Collectives
import Foundation

/// A pair of ranks that exchanged data, and how fast.
struct Link: Codable {
  struct End: Codable {
    let rank: Int
    let host: String
    /// The network interface that carried the most.
    let interface: String
  }

  let ends: [End]
  /// Bytes that leave each end per second, while as many arrive.
  let bytesPerSecond: Double
  /// Seconds of an exchange of one number.
  let seconds: Double

  var isBetweenHosts: Bool { ends[0].host != ends[1].host }
}

/// Pairs of ranks exchange data: one pair for every two hosts and one within each host. They do so
/// in rounds, so that nobody waits for more than one other rank.
package struct LinksCheck {
  private static let rounds = 8
  private static let floats = 1 << 20

  private let ranks: any Communicator
  private let hosts: [String]
  private let patience: Patience

  init(_ ranks: any Communicator, hosts: [String], _ patience: Patience) {
    (self.ranks, self.hosts, self.patience) = (ranks, hosts, patience)
  }

  /// - Returns: all links, the same on all ranks. Collective.
  func run() throws -> [Link] {
    let byHost = Dictionary(grouping: hosts.indices) { hosts[$0] }
    let leaders = byHost.values.compactMap(\.first).sorted()
    var links = try round(byHost.values.filter { $0.count > 1 }.map { ($0[0], $0[1]) })
    for pairs in Self.pairings(of: leaders).prefix(Self.rounds) { links += try round(pairs) }
    return links
  }

  /// Pairs everybody with everybody once, in rounds: the first stays in place, the others rotate.
  package static func pairings(of players: [Int]) -> [[(Int, Int)]] {
    guard players.count > 1 else { return [] }
    var ring = players.map(Int?.some)
    if ring.count % 2 == 1 { ring.append(nil) }
    return (1..<ring.count).map { _ in
      let half = ring.count / 2
      let pairs = zip(ring[..<half], ring[half...].reversed()).compactMap { pair in
        if let a = pair.0, let b = pair.1 { (min(a, b), max(a, b)) } else { nil }
      }
      ring.insert(ring.removeLast(), at: 1)
      return pairs
    }
  }

  private func round(_ pairs: [(Int, Int)]) throws -> [Link] {
    let mine = pairs.first { $0.0 == ranks.rank || $0.1 == ranks.rank }
    let found = try mine.map { pair in
      try measure(with: pair.0 == ranks.rank ? pair.1 : pair.0)
    }
    let all = try patience.during("a gather from all ranks") {
      try ranks.allGather(found.map { Array(try JSONEncoder().encode($0)) } ?? [])
    }
    return try pairs.map { first, second in
      let halves = try [first, second].map {
        try JSONDecoder().decode(Half.self, from: Data(all[$0]))
      }
      return Link(
        ends: halves.map(\.end), bytesPerSecond: halves.map(\.bytesPerSecond).reduce(0, +) / 2,
        seconds: halves.map(\.seconds).reduce(0, +) / 2)
    }
  }

  private struct Half: Codable {
    let end: Link.End
    let bytesPerSecond: Double
    let seconds: Double
  }

  private func measure(with other: Int) throws -> Half {
    let before = Interfaces.sent()
    let out = (0..<Self.floats).map { Float($0) }
    var back = [Float](repeating: 0, count: Self.floats)
    func exchange(_ count: Int) throws -> Double {
      let start = ContinuousClock.now
      try out.withUnsafeBufferPointer { out in
        try back.withUnsafeMutableBufferPointer { back in
          try ranks.exchange(
            .init(rebasing: out[..<count]), to: other, into: .init(rebasing: back[..<count]),
            from: other)
        }
      }
      return (ContinuousClock.now - start) / .seconds(1)
    }
    return try patience.during("an exchange with rank \(other) on \(hosts[other])") {
      _ = try exchange(Self.floats)
      guard back == out else {
        throw SelfTestError(
          what: "what came from rank \(other) on \(hosts[other]) is not what was sent",
          remedy: "Check that both have the same version of Open MPI, and the network between them")
      }
      let large = try (0..<5).map { _ in try exchange(Self.floats) }.median
      let small = try (0..<50).map { _ in try exchange(1) }.median
      let interface = hosts[other] == Ranks.host ? "memory" : Interfaces.busiest(since: before)
      return Half(
        end: Link.End(rank: ranks.rank, host: Ranks.host, interface: interface),
        bytesPerSecond: Double(4 * Self.floats) / large, seconds: small)
    }
  }
}
