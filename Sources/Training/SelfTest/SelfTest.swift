import Collectives
import Evaluation
import Foundation
import Records
import Tensors

/// Checks whether a cluster is ready for a run: products and sums are right on every rank, all
/// hosts reach each other, and none is much slower than the rest.
public enum SelfTest {
  /// - Parameters:
  ///   - threads: threads of a rank; nil: its share of the host's cores.
  ///   - printsJSON: one line of JSON instead of text.
  ///   - patience: seconds that one exchange between ranks may take before it counts as lost.
  /// - Throws: what is wrong, with the host's name.
  public static func run(
    threads: Int?, binding mode: Binding.Mode, printsJSON: Bool, patience: Double = 30
  ) throws {
    let binding = Binding(mode).with(threads: threads)
    binding.apply()
    let ranks = try Ranks.start(patience: patience)
    let patience = try Patience(seconds: patience)
    let console = Console(isSpeaking: ranks.rank == 0, printsJSON: printsJSON)
    let hosts = try patience.during("the exchange of host names") {
      try ranks.allGather(Array(Ranks.host.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }
    let rates = try products(binding, ranks, patience)
    let speeds = try patience.during("the measurement of products") {
      try ranks.barrier()
      return try ranks.allGather(Array(JSONEncoder().encode(ProductSpeed.measure())))
        .map { try JSONDecoder().decode(ProductSpeed.self, from: Data($0)) }
    }
    let sums = try patience.during("a sum over all ranks") { try SumsCheck(ranks).run() }
    let links = try LinksCheck(ranks, hosts: hosts, patience).run()
    let report = SelfTestReport(
      version: programVersion, hosts: hosts, gflops: rates, speeds: speeds, sumSeconds: sums,
      links: links)
    try console.say(report.text, json: report)
    for complaint in report.slow { console.warn(complaint) }
    let mine = binding.isOversubscribed ? nil : speeds[ranks.rank].complaint
    if let slow = try lowestNotice(mine, hosts: hosts, over: ranks) { console.warn(slow) }
    let uneven = report.rankSpeeds.unevenness(ratesCount: !binding.isOversubscribed)
    if let uneven { console.warn(uneven) }
  }

  /// Every rank's rate in GFLOP/s, measured while all of them compute.
  private static func products(
    _ binding: Binding, _ ranks: any Communicator, _ patience: Patience
  ) throws -> [Double] {
    let rate = Result {
      try Threads.start(binding.threads, oversubscribed: binding.isOversubscribed)
      try OpenBLAS.check()
      return try ProductsCheck.run()
    }
    return try patience.during("a gather from all ranks") {
      let rate = try together(ranks) { try rate.get() }
      var rates = [Double](repeating: 0, count: ranks.size)
      rates[ranks.rank] = rate
      try ranks.allReduceSum(&rates)
      return rates
    }
  }
}

/// Something that is wrong on a host.
struct SelfTestError: Error, ExitCoded, CustomStringConvertible {
  let what: String
  let remedy: String
  let exitCode = ExitCode.internal

  var description: String { "\(Ranks.host): \(what). \(remedy)" }
}

/// The result, which rank 0 prints.
struct SelfTestReport: Encodable {
  let version: String
  let hosts: [String]
  let gflops: [Double]
  let speeds: [ProductSpeed]
  /// Seconds of an all-reduce of 4 MiB.
  let sumSeconds: Double
  let links: [Link]

  var rankSpeeds: RankSpeeds { RankSpeeds(hosts: hosts, speeds: speeds) }

  /// Hosts whose links, and ranks whose products, are slower than half of the median.
  var slow: [String] {
    let rate = gflops.median
    let products = gflops.indices.filter { gflops[$0] < rate / 2 }.map {
      "rank \($0) on \(hosts[$0]) computes at \(gflops[$0].fixed(1)) GFLOP/s, the median is "
        + rate.fixed(1)
    }
    let between = links.filter(\.isBetweenHosts)
    let speed = between.map(\.bytesPerSecond).median
    let byHost = Dictionary(grouping: between.flatMap { link in link.ends.map { ($0, link) } }) {
      $0.0.host
    }
    let slowHosts = byHost.sorted { $0.key < $1.key }.compactMap { host, links -> String? in
      guard let best = links.max(by: { $0.1.bytesPerSecond < $1.1.bytesPerSecond }),
        best.1.bytesPerSecond < speed / 2
      else { return nil }
      return "\(host) is slow: \(best.1.bytesPerSecond.scaled)B/s by \(best.0.interface) at best, "
        + "the median link has \(speed.scaled)B/s"
    }
    return products + slowHosts
  }

  var text: String {
    let machines = Set(hosts).count
    var lines = [
      "coca-train \(version): self-test of \(hosts.count.of("rank")) on \(machines.of("host"))",
      "  products  right; \((gflops.min() ?? 0).fixed(1)) to \((gflops.max() ?? 0).fixed(1)) "
        + "GFLOP/s a rank",
      "  kernels   \(Set(speeds.map(\.kernels)).sorted().joined(separator: "; ")); "
        + rankSpeeds.text,
    ]
    if hosts.count > 1 {
      lines.append("  sums      right; 4 MiB over all ranks in \((sumSeconds * 1e3).fixed(2)) ms")
    }
    for (name, links) in [
      ("within", links.filter { !$0.isBetweenHosts }), ("between", links.filter(\.isBetweenHosts)),
    ] where !links.isEmpty {
      let speeds = links.map(\.bytesPerSecond).sorted(), delays = links.map(\.seconds).sorted()
      let interfaces = Set(links.flatMap { $0.ends.map(\.interface) }).sorted()
      lines.append(
        "  \(name.padding(toLength: 9, withPad: " ", startingAt: 0)) hosts "
          + "\(speeds[0].scaled)B/s to \(speeds[speeds.count - 1].scaled)B/s each way, median "
          + "\(speeds.median.scaled)B/s, \((delays.median * 1e6).fixed(0)) us"
          + (name == "between" ? ", by \(interfaces.joined(separator: ", "))" : ""))
    }
    return lines.joined(separator: "\n")
  }
}

extension [Double] {
  /// The element in the middle, the higher of two; 0 for an empty array.
  var median: Double { isEmpty ? 0 : sorted()[count / 2] }
}
