import CKernels
import Glibc

/// A trial of one of OpenBLAS's kernels in a process of its own, since the kernel may crash it.
enum KernelTrial {
  private static let patience: Int32 = 3000

  /// The speed of a kernel's products as a share of the processor's multiply-adds; 0 where they are
  /// wrong, where the library has no such kernel, and where the process crashed or took seconds.
  static func share(of kernel: String) -> Double {
    Life.trial.begin(with: kernel)
    var process: pid_t = 0
    let output = another_self_beside(CommandLine.unsafeArgv, &process)
    Life.end()
    guard output >= 0 else { return 0 }
    defer { close(output) }
    let answer = read(output)
    kill(process, SIGKILL)
    waitpid(process, nil, 0)
    return Double(answer) ?? 0
  }

  /// The other process's part: prints one number on standard output.
  static func answer(for kernel: String) -> Never {
    let isThere = OpenBLAS.core.lowercased() == kernel.lowercased()
    let share = isThere && OpenBLAS.isRight ? ProductRate.measure().share : 0
    print(share)
    exit(0)
  }

  private static func read(_ output: Int32) -> String {
    var waiting = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
    var bytes = [UInt8](repeating: 0, count: 64)
    guard poll(&waiting, 1, patience) == 1 else { return "" }
    let count = Glibc.read(output, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
      .split(separator: "\n").first.map(String.init) ?? ""
  }
}
