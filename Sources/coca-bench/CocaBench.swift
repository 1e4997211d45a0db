import ArgumentParser
import Foundation
import Tensors

/// The measurements of `launch/bench` on this machine; no test asserts them.
@main
struct CocaBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coca-bench", abstract: "Measures the trainer's parts on this machine.",
    subcommands: [
      StepBench.self, OperationsBench.self, GEMMBench.self, KernelBench.self, LossBench.self,
      ContrastiveBench.self, MicrobatchBench.self, BalanceBench.self, DataBench.self,
      OrderBench.self, LimitsBench.self, NeighboursBench.self, CaptionBench.self,
    ])

  static func main() {
    do {
      try GEMM.check()
    } catch {
      exit(withError: error)
    }
    main(nil)
  }
}

struct MachineOptions: ParsableArguments {
  @Option(help: "Compute threads.") var threads = 1
  @Option(help: "float32 or bfloat16.") var precision = GEMM.Precision.float32

  func validate() throws {
    guard (1...1024).contains(threads) else {
      throw ValidationError("--threads: \(threads) is not between 1 and 1024.")
    }
  }

  /// - Parameter isAnnounced: whether to print on standard error what computes here, and how fast.
  func start(isAnnounced: Bool = true) throws {
    guard precision.isSupported else {
      throw ValidationError("this processor has no \(precision.rawValue) products")
    }
    try Threads.start(threads)
    GEMM.precision = precision
    guard isAnnounced else { return }
    let speed = ProductSpeed.measure()
    let complaint = speed.complaint.map { "warning: \($0)\n" } ?? ""
    let line = "\(speed.processor), \(speed.kernels): \(speed.rate.text)\n"
    FileHandle.standardError.write(Data((line + complaint).utf8))
  }
}

extension GEMM.Precision: ExpressibleByArgument {}
