import CMPI
import Foundation
import Synchronization

/// The processes that were launched together, and this one among them.
public enum Ranks {
  private struct Place {
    var rank = 0
    var size = 1
    var usesMPI = false
  }

  private static let place = Mutex(Place())

  /// The name of the machine this rank runs on.
  public static let host: String = {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "unknown" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }()

  /// All ranks where mpirun or srun launched this process; otherwise this process alone.
  ///
  /// Call once, after `Binding.apply` and before other threads use much memory.
  /// - Parameter seconds: what the start may take. Where a network leads nowhere, MPI would wait
  ///   for ever; then the program ends with `ExitCode.lost` and says so.
  /// - Throws: `CollectiveError` where MPI cannot start, or where launcher and MPI do not belong
  ///   together.
  public static func start(patience seconds: Double = 120) throws -> any Communicator {
    process_keep_memory()
    let environment = ProcessInfo.processInfo.environment
    guard case .ranks(let launched) = try Launch(environment) else { return SoloCommunicator() }
    try MPILibrary.check()
    if environment["OMPI_COMM_WORLD_LOCAL_RANK"] ?? "0" == "0" { SharedMemory.removeOrphans() }
    let patience = try Patience(seconds: seconds, tells: Launch.isFirst(environment))
    let ranks = try patience.during("MPI's start") { try startMPI() }
    place.withLock { $0 = Place(rank: ranks.rank, size: ranks.size, usesMPI: true) }
    if let launched, launched != ranks.size {
      throw CollectiveError(host, .sizes(launched: launched, found: ranks.size))
    }
    try patience.during("the first exchange between all ranks") { try ranks.connect() }
    return ranks
  }

  private static func startMPI() throws(CollectiveError) -> MPICommunicator {
    let wanted = Int32(MPI_THREAD_SERIALIZED)
    var provided: Int32 = 0
    try check(MPI_Init_thread(nil, nil, wanted, &provided), "MPI_Init", host)
    guard provided >= wanted else {
      throw CollectiveError(host, .threads(provided: provided))
    }
    return try MPICommunicator()
  }

  /// Waits for all ranks and ends MPI, if it was started. Collective.
  public static func finish() {
    let usedMPI = place.withLock { place in
      defer { place.usesMPI = false }
      return place.usesMPI
    }
    guard usedMPI else { return }
    MPI_Barrier(cmpi_world())
    MPI_Finalize()
  }

  /// Ends this process at once, and through the launcher all others.
  public static func abort(code: Int32) -> Never {
    if place.withLock({ $0.usesMPI }) { MPI_Abort(cmpi_world(), code) }
    exit(code)
  }

  /// Ends the program after an error: prints one line on standard error, then exits with its code.
  ///
  /// An error that all ranks share (`RankError`) is printed by rank 0, and MPI ends normally. Any
  /// other is printed by the rank where it happened, and the whole job is ended.
  public static func leave(after error: any Error) -> Never {
    let place = place.withLock { $0 }
    let code = ExitCode.of(error)
    if error is RankError || place.size == 1 {
      if place.rank == 0 { tell("\(error)") }
      finish()
      exit(code)
    }
    tell(error is CollectiveError ? "\(error)" : "rank \(place.rank) on \(host): \(error)")
    abort(code: code)
  }

  /// Writes one whole line to standard error.
  static func tell(_ line: String) {
    try? FileHandle.standardError.write(contentsOf: Data("\(line)\n".utf8))
  }
}
