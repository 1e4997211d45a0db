import ArgumentParser
import Foundation
import Tensors

/// The limits of this machine for any program, with one thread and with all.
struct LimitsBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "limits",
    abstract: "This machine's limits: multiply-adds in registers, and memory read and written.")

  @Option(help: "Threads (default: all processors).")
  var threads = ProcessInfo.processInfo.activeProcessorCount
  @Option(help: "Megabytes that are read and written, more than the caches hold.")
  var megabytes = 1024

  func validate() throws {
    guard (1...1024).contains(threads), (1...1_000_000).contains(megabytes) else {
      throw ValidationError("--threads is 1 to 1024, --megabytes 1 to 1000000.")
    }
  }

  func run() throws {
    print("\(Processor.current.name), \(kernels.level), \(GEMM.maker)")
    print("limit".padded, pad("1 thread", 10), pad("\(threads) threads", 12))
    let memory = Tensor.zeros([megabytes << 18])
    for kind in MultiplyAdds.allCases where kind.isSupported {
      try row("\(kind.title), GFLOP/s") { kind.teamRate() }
    }
    try row("products in float32, GFLOP/s") {
      ProductSpeed.measure(.float32).rate.products * Double(Threads.count)
    }
    try row("memory read, GB/s") {
      Self.bytesPerSecond(memory) { _ = kernels.sum_of_squares($0, $1) }
    }
    try row("memory written, GB/s") {
      Self.bytesPerSecond(memory) { memset($0, 0, 4 * $1) }
    }
  }

  private func row(_ name: String, _ rate: () -> Double) throws {
    let rates = try [1, threads].map { count in
      try Threads.start(count)
      return rate() / 1e9
    }
    print(name.padded, pad(fixed(rates[0], 1), 10), pad(fixed(rates[1], 1), 12))
  }

  private static func bytesPerSecond(
    _ memory: Tensor, _ body: (UnsafeMutablePointer<Float>, Int) -> Void
  ) -> Double {
    let seconds = bestSeconds(3) {
      Threads.split(memory.count, grain: 1024) {
        body(memory.pointer + $0.lowerBound, $0.count)
      }
    }
    return Double(memory.bytes) / seconds
  }
}

extension MultiplyAdds {
  /// Operations per second of all threads at once, the best of five times.
  func teamRate() -> Double {
    let parts = Tensor.zeros([Threads.count])
    return (0..<5).map { _ in
      Threads.run { member, _ in parts.pointer[member] = Float(rate(seconds: 0.02)) }
      return parts.values.reduce(0) { $0 + Double($1) }
    }.max() ?? 0
  }

  fileprivate var title: String {
    switch self {
    case .sse2: "SSE2 multiply-adds"
    case .avx2: "AVX2 multiply-adds"
    case .avx512: "AVX-512 multiply-adds"
    case .dots: "AVX512-BF16 dot products"
    case .tiles: "AMX tiles of bfloat16"
    }
  }
}

extension String {
  fileprivate var padded: String { padding(toLength: 34, withPad: " ", startingAt: 0) }
}
