/// Why ranks could not be started or could not exchange data.
public struct CollectiveError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Reason: Sendable, Equatable {
    /// An MPI operation failed; the text is MPI's.
    case failed(operation: String, String)
    /// MPI does not even allow calls from one thread at a time.
    case threads(provided: Int32)
    /// The launcher started this many ranks, but MPI knows of fewer or more.
    case sizes(launched: Int, found: Int)
    /// The MPI library is another one than that whose headers this program was built with.
    case library(found: String, builtFor: String)
    /// Slurm started several tasks, but MPI cannot connect them.
    case withoutPMI(tasks: Int)
    /// The ranks would exchange different elements of their models, or in different orders.
    case plans
    /// The system refused a thread; the text says which.
    case refused(String)
  }

  /// This rank, or the launcher's name before ranks are known.
  public var place: String
  public var reason: Reason

  public init(_ place: String, _ reason: Reason) {
    self.place = place
    self.reason = reason
  }

  public var description: String { "\(place): \(reason.text). \(reason.remedy)" }
}

extension CollectiveError: ExitCoded {
  /// `lost` where another try may help, `usage` where the launch is wrong.
  public var exitCode: Int32 {
    if case .failed = reason { ExitCode.lost } else { ExitCode.usage }
  }
}

extension CollectiveError.Reason {
  var text: String {
    switch self {
    case .failed(let operation, let text): "\(operation) failed: \(text)"
    case .threads(let provided):
      "MPI grants thread level \(provided), less than MPI_THREAD_SERIALIZED"
    case .sizes(let launched, let found): "\(launched) ranks were launched, but MPI finds \(found)"
    case .plans: "the ranks' gradients are laid out differently"
    case .refused(let what): what
    case .library(let found, let builtFor):
      "this program is built for Open MPI \(builtFor), but this machine has \(found)"
    case .withoutPMI(let tasks): "\(tasks) tasks were started without PMI, each on its own"
    }
  }

  var remedy: String {
    switch self {
    case .failed: "Look at the other ranks' messages and hosts, then run again to continue"
    case .threads: "Use an MPI library built with thread support"
    case .sizes: "Launch with the mpirun of the Open MPI library this program is linked to"
    case .plans: "Use the same program and run file on every host"
    case .refused: "Or set overlap: buckets"
    case .library: "Install that version, or build the program on this machine"
    case .withoutPMI: "Use srun --mpi=pmix, or mpirun inside the allocation"
    }
  }
}
