/// A failure that every rank knows of: all end in the same way, and one of them prints it.
public struct RankError: Error, Sendable, Equatable, CustomStringConvertible, ExitCoded {
  /// The lowest rank that failed, and where it runs.
  public let rank: Int
  public let host: String
  /// How many ranks failed.
  public let failed: Int
  public let exitCode: Int32
  public let description: String
}

/// Runs `body` on every rank; either all of them succeed or all of them throw. Collective.
///
/// `body` must not call collective operations: a rank that failed before one would leave the others
/// waiting in it.
/// - Throws: the error itself where there is one rank or MPI failed; otherwise a `RankError` with
///   the text and exit code of the lowest rank that failed, the same on all ranks.
public func together<T>(_ ranks: any Communicator, _ body: () throws -> T) throws -> T {
  let result = Result { try body() }
  if case .failure(let error) = result, ranks.size == 1 || error is CollectiveError { throw error }
  var failed: [Double] = [0]
  if case .failure = result { failed = [1] }
  try ranks.allReduceMax(&failed)
  if failed[0] > 0 { throw try agree(on: result, ranks) }
  return try result.get()
}

private func agree<T>(
  on result: Result<T, any Error>, _ ranks: any Communicator
) throws -> RankError {
  var mine: [UInt8] = []
  if case .failure(let error) = result {
    let code = UInt8(truncatingIfNeeded: ExitCode.of(error))
    mine = [code] + "\(error)".utf8.prefix(65_536)
  }
  let all = try ranks.allGather(mine)
  let failed = all.indices.filter { !all[$0].isEmpty }
  let lowest = failed[0]
  let hosts = try ranks.allGather(Array(Ranks.host.utf8))
  let host = String(decoding: hosts[lowest], as: UTF8.self)
  let text = String(decoding: all[lowest].dropFirst(), as: UTF8.self)
  let everywhere = all.allSatisfy { $0 == all[lowest] }
  return RankError(
    rank: lowest, host: host, failed: failed.count, exitCode: Int32(all[lowest][0]),
    description: everywhere
      ? text : "rank \(lowest) on \(host), \(failed.count) of \(ranks.size) failing: \(text)")
}
