import Tensors

/// How fast matrix products are on each rank, side by side.
package struct RankSpeeds {
  /// How many times faster another rank may be before a rank is reported as slow.
  private static let tolerance = 1.3

  private let hosts: [String]
  private let speeds: [ProductSpeed]

  /// One host and one speed for every rank.
  package init(hosts: [String], speeds: [ProductSpeed]) {
    (self.hosts, self.speeds) = (hosts, speeds)
  }

  /// The slowest rank's rate, and all kinds of processors.
  package var text: String {
    guard let slowest = speeds.min(by: { $0.rate.products < $1.rate.products }) else { return "" }
    let processors = Set(speeds.map(\.processor)).sorted().joined(separator: ", ")
    return "\(slowest.rate.text)\(speeds.count > 1 ? " at least" : ""), \(processors)"
  }

  /// A warning that names ranks whose processor or kernel is not rank 0's, or that are much slower
  /// than the fastest on another host; nil where all are alike.
  /// - Parameter ratesCount: whether speeds are compared; they are not where ranks share cores.
  package func unevenness(ratesCount: Bool) -> String? {
    let all = speeds.indices.map { "\($0) on \(hosts[$0]): \(speeds[$0].kernel), "
      + "\(speeds[$0].rate.text), \(speeds[$0].processor)" }
    let fastest = speeds.indices.max { speeds[$0].rate.products < speeds[$1].rate.products } ?? 0
    let others = speeds.indices.filter { rank in
      // Ranks of one host have the same cores: a difference between them is another program's.
      let isSlow =
        hosts[rank] != hosts[fastest]
        && speeds[rank].rate.products * Self.tolerance < speeds[fastest].rate.products
      return speeds[rank].processor != speeds[0].processor
        || speeds[rank].kernel != speeds[0].kernel || ratesCount && isSlow
    }
    guard let first = others.first else { return nil }
    let beside = first == fastest ? 0 : fastest
    let more = others.count > 1 ? ", and \((others.count - 1).of("other"))" : ""
    return "ranks do not compute alike, and the slowest sets the pace: rank \(all[first])\(more); "
      + "rank \(all[beside])"
  }
}
