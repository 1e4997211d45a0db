import CKernels
import Synchronization

extension OpenBLAS {
  /// Who chose the kernel.
  public enum Chooser: Sendable {
    /// The library.
    case library
    /// This program, since the library's choice does not suit the processor.
    case program
    /// OPENBLAS_CORETYPE in the environment.
    case user
  }

  /// Who chose the kernel in use.
  public static var chooser: Chooser { chosenBy.withLock { $0 } }
  private static let chosenBy = Mutex(Chooser.library)

  /// Ensures that products are right, and computed by the kernel that suits this processor.
  ///
  /// Call it first, before MPI and threads. Where the library's own choice does not suit, the
  /// program starts again, once, with OPENBLAS_CORETYPE set: the same process with the same
  /// arguments and files. A kernel that the user has set there is kept.
  /// - Throws: `KernelError` where products are wrong and no other kernel gives right ones.
  public static func chooseKernel() throws(KernelError) {
    let asked = Life.askedKernel
    switch (Life.current, asked) {
    case (.trial, let kernel):
      KernelTrial.answer(for: kernel ?? "")
    case (.second, _):
      Life.end()
      another_self_pass_signals()
      try settle(.program)
    case (nil, .some):
      try settle(.user)
    case (nil, nil):
      try chooseOwn()
    }
  }

  private static func settle(_ chooser: Chooser) throws(KernelError) {
    guard isRight else { throw KernelError(kernel: core) }
    chosenBy.withLock { $0 = chooser }
  }

  private static func chooseOwn() throws(KernelError) {
    if KernelChoice(for: .current, own: core, shares: [:]) == .own, isRight { return }
    // A stop that is requested now must be seen by the program after it has started again.
    another_self_hold_signals()
    defer { another_self_pass_signals() }
    var shares: [String: Double] = [:]
    while true {
      switch KernelChoice(for: .current, own: core, shares: shares) {
      case .own where shares[core] != nil: return
      case .own, .trial(core): shares[core] = isRight ? ProductRate.measure().share : 0
      case .trial(let kernel): shares[kernel] = KernelTrial.share(of: kernel)
      case .named(let kernel): return try begin(with: kernel)
      case .none: throw KernelError(kernel: core)
      }
    }
  }

  /// Returns where the system refuses to start the program again: then the present kernel is used.
  private static func begin(with kernel: String) throws(KernelError) {
    Life.second.begin(with: kernel)
    another_self_instead(CommandLine.unsafeArgv)
    Life.end()
    try settle(.library)
  }
}

/// A kernel of OpenBLAS's whose products differ from a plain loop's.
public struct KernelError: Error, Sendable, Equatable, CustomStringConvertible {
  public let kernel: String

  public var description: String {
    "OpenBLAS: its \(kernel) kernel gives wrong products on \(Processor.current.name). Set "
      + "OPENBLAS_CORETYPE to another, and OPENBLAS_L2_SIZE=256 where the machine reports no "
      + "cache, or install another version"
  }
}
