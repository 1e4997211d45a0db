import Collectives
import Foundation
import Synchronization

/// Ends the program where something between ranks takes too long: MPI itself would wait forever.
final class Patience: Sendable {
  private struct Wait {
    let what: String
    let end: ContinuousClock.Instant
  }

  private let seconds: Double
  private let wait = Mutex<Wait?>(nil)

  init(seconds: Double) {
    self.seconds = seconds
    Thread { [self] in
      while true {
        usleep(100_000)
        if let late = wait.withLock({ $0 }), ContinuousClock.now > late.end { leave(late.what) }
      }
    }.start()
  }

  func during<Value>(_ what: String, _ body: () throws -> Value) rethrows -> Value {
    wait.withLock { $0 = Wait(what: what, end: .now + .seconds(seconds)) }
    defer { wait.withLock { $0 = nil } }
    return try body()
  }

  private func leave(_ what: String) -> Never {
    let line =
      "\(Ranks.host): \(what) did not end within \(seconds.fixed(0)) s. Its interfaces are "
      + "\(Interfaces.names): name the network that connects all hosts with "
      + "--mca btl_tcp_if_include, and look for firewalls\n"
    try? FileHandle.standardError.write(contentsOf: Data(line.utf8))
    _exit(ExitCode.lost)
  }
}
