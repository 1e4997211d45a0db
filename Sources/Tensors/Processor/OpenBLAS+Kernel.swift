import CKernels
import Synchronization

extension OpenBLAS {
  /// Who chose the kernel.
  public enum Chooser: Sendable {
    /// The library.
    case library
    /// This program, since the library's own choice does not suit the processor.
    case program
    /// OPENBLAS_CORETYPE in the environment.
    case user
  }

  /// Who chose the kernel that computes.
  public static var chooser: Chooser { chosenBy.withLock { $0 } }
  private static let chosenBy = Mutex(Chooser.library)

  /// Sees to it that products are right, and made by the kernel that suits this processor.
  ///
  /// The first thing a program does, before MPI and threads: where the library's own choice does
  /// not suit, the program begins again, once, with OPENBLAS_CORETYPE set, as the same process with
  /// the same arguments and files. What the user has set there is obeyed.
  /// - Throws: `KernelError` where products are wrong and no other kernel's are right.
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
    // Whoever asks for a stop in this life shall have it in the next.
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

  /// Returns where the system does not let it: the kernel that is there has to do.
  private static func begin(with kernel: String) throws(KernelError) {
    Life.second.begin(with: kernel)
    another_self_instead(CommandLine.unsafeArgv)
    Life.end()
    try settle(.library)
  }
}

/// A kernel of OpenBLAS's whose products are not a plain loop's.
public struct KernelError: Error, Sendable, Equatable, CustomStringConvertible {
  public let kernel: String

  public var description: String {
    "OpenBLAS: its \(kernel) kernel gives wrong products on \(Processor.current.name). Set "
      + "OPENBLAS_CORETYPE to another, and OPENBLAS_L2_SIZE=256 where the machine reports no "
      + "cache, or install another version"
  }
}
