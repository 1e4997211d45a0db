import Collectives

/// What the lowest rank says that has something to say, with its rank and host, on all ranks; nil
/// where none has. Collective.
///
/// - Parameter hosts: of all ranks.
package func lowestNotice(
  _ mine: String?, hosts: [String], over ranks: any Communicator
) throws -> String? {
  let all = try ranks.allGather(Array((mine ?? "").utf8))
  guard let rank = all.firstIndex(where: { !$0.isEmpty }) else { return nil }
  return "rank \(rank) on \(hosts[rank]): \(String(decoding: all[rank], as: UTF8.self))"
}
