import ArgumentParser
import Collectives
import Foundation
import Parity
import Tensors

/// Compares this program with the truth in a folder; `launch/checks/parity` makes such folders.
@main
struct ParityCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "parity-check",
    abstract: "Compares losses, gradients and updated weights with those of a reference.",
    discussion: "Exits with 1 where a tensor is farther from the truth than the rule allows.")

  @Argument(help: "What Tests/ParityTests/Fixtures/truth.py has written.", completion: .directory)
  var folder: String

  @Option(help: "How many tensors of each kind to print, the worst first.")
  var top = 10

  @Option(help: "A file for all tensors: name, error, float32's own, allowed.")
  var table: String?

  static func main() {
    do {
      try GEMM.check()
    } catch {
      exit(withError: error)
    }
    main(nil)
  }

  func run() throws {
    try Threads.start(ProcessInfo.processInfo.activeProcessorCount)
    let truth = try Truth(URL(fileURLWithPath: folder))
    print("\(folder): \(truth.description.about)")
    let report = Report(
      try Replay(truth).comparisons(of: 0..<truth.captions.count, over: SoloCommunicator()))
    print(report.text(top: top))
    if let table { try report.table.write(toFile: table, atomically: true, encoding: .utf8) }
    if !report.passes { throw ExitCode(1) }
  }
}
