import Foundation
import Records
import TestSupport
import Testing
import Training

@Suite("Self-test")
struct SelfTestTests {
  private struct Report: Decodable {
    struct Link: Decodable {
      struct End: Decodable { let rank: Int, host: String, interface: String }
      let ends: [End]
      let bytesPerSecond: Double
      let seconds: Double
    }
    let hosts: [String]
    let gflops: [Double]
    let sumSeconds: Double
    let links: [Link]
  }

  @Test("finds this machine's products, sums and memory right", arguments: [nil, 3])
  func here(ranks: Int?) throws {
    guard ranks == nil || Job.hasLauncher else { return }
    let folder = try TestFolder()
    let outcome = try Job.run("coca-train", ["--self-test", "--json"], ranks: ranks, in: folder.url)
    try #require(outcome.code == 0, "\(outcome.all)")
    let report = try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
    #expect(report.hosts.count == ranks ?? 1 && report.gflops.count == ranks ?? 1)
    #expect(report.gflops.allSatisfy { $0 > 0 } && report.sumSeconds > 0)
    // One pair of a host's ranks is enough.
    #expect(report.links.count == (ranks == nil ? 0 : 1))
    #expect(report.links.allSatisfy { $0.bytesPerSecond > 0 && $0.ends.map(\.rank) == [0, 1] })
  }

  @Test("takes no run file, and a run needs one")
  func arguments() throws {
    let folder = try TestFolder()
    for arguments in [["--self-test", "run.yaml"], []] {
      let outcome = try Job.run("coca-train", arguments, in: folder.url)
      #expect(outcome.code == 64, "\(outcome.all)")
    }
  }

  @Test("pairs every two hosts once, nobody twice in a round", arguments: 0...17)
  func pairings(count: Int) {
    let players = (0..<count).map { 3 * $0 }
    let rounds = LinksCheck.pairings(of: players)
    var met: Set<[Int]> = []
    for round in rounds {
      let busy = round.flatMap { [$0.0, $0.1] }
      #expect(Set(busy).count == busy.count && busy.allSatisfy(players.contains))
      for pair in round { #expect(met.insert([pair.0, pair.1]).inserted) }
    }
    #expect(met.count == max(0, count * (count - 1) / 2))
    #expect(rounds.count == (count < 2 ? 0 : count - 1 + count % 2))
  }

  @Test("--version --json says what program and libraries are there")
  func versions() throws {
    let folder = try TestFolder()
    let outcome = try Job.run("coca-train", ["--version", "--json"], in: folder.url)
    try #require(outcome.code == 0, "\(outcome.all)")
    struct Versions: Decodable {
      let version, mpi, mpi_built_for, blas, kernels, host, processors: String
      let precisions: [String]
    }
    let found = try JSONDecoder().decode(Versions.self, from: Data(outcome.output.utf8))
    #expect(found.version == programVersion)
    let major = found.mpi_built_for.prefix { $0 != "." }
    #expect(found.mpi.hasPrefix("Open MPI v\(major)."))
    #expect(found.blas.contains("OpenBLAS") && found.precisions.contains("float32"))
  }
}
