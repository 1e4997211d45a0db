import Collectives

/// The notice of the lowest rank that has one, with that rank and its host, the same on all ranks;
/// nil where no rank has one. Collective.
///
/// - Parameter hosts: of all ranks.
package func lowestNotice(
  _ mine: String?, hosts: [String], over ranks: any Communicator
) throws -> String? {
  let all = try ranks.allGather(Array((mine ?? "").utf8))
  guard let rank = all.firstIndex(where: { !$0.isEmpty }) else { return nil }
  return "rank \(rank) on \(hosts[rank]): \(String(decoding: all[rank], as: UTF8.self))"
}
