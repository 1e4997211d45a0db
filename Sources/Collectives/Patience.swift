import Foundation
import Synchronization
import Tensors

/// Ends the program where something between ranks takes too long: MPI itself would wait forever.
package final class Patience: Sendable {
  private struct Wait {
    let what: String
    let start = ContinuousClock.now
    var isTold = false
  }

  /// Seconds after which a long wait is told, before it ends the program.
  private static let notice = 30.0

  private let seconds: Double
  private let tells: Bool
  private let wait = Mutex<Wait?>(nil)

  /// - Parameters:
  ///   - seconds: what one wait may take.
  ///   - tells: whether this rank says so after half a minute, where it has longer.
  /// - Throws: `ThreadsError` where the system refuses the thread that looks at the clock.
  package init(seconds: Double, tells: Bool = false) throws(ThreadsError) {
    (self.seconds, self.tells) = (seconds, tells)
    try WorkerThread.start("patience") { [weak self] in
      while let self {
        look()
        usleep(100_000)
      }
    }
  }

  package func during<Value>(_ what: String, _ body: () throws -> Value) rethrows -> Value {
    wait.withLock { $0 = Wait(what: what) }
    defer { wait.withLock { $0 = nil } }
    return try body()
  }

  private func look() {
    guard let now = wait.withLock({ $0 }) else { return }
    let waited = (ContinuousClock.now - now.start) / .seconds(1)
    if waited > seconds {
      Ranks.tell("\(Ranks.host): \(now.what) did not end within \(Int(seconds)) s. \(Self.advice)")
      _exit(ExitCode.lost)
    }
    guard tells, !now.isTold, waited > Self.notice else { return }
    wait.withLock { $0?.isTold = true }
    Ranks.tell(
      "\(Ranks.host): \(now.what) has not ended within \(Int(Self.notice)) s; the job ends after "
        + "\(Int(seconds)) s. \(Self.advice)")
  }

  private static var advice: String {
    "Its interfaces are \(Interfaces.names): name the network that connects all hosts with "
      + "--mca btl_tcp_if_include, and look for firewalls"
  }
}
