import Foundation
import Synchronization

/// A command of this package in a process of its own, alone or as ranks under mpirun.
///
/// Its time is bounded, so that a test that finds a hang fails instead of hanging too.
public final class Job {
  /// How a job ended and what it said.
  public struct Outcome: Sendable {
    /// The exit code; 128 and the signal's number where one ended it.
    public let code: Int32
    public let output: String
    public let errors: String
    public let isTimedOut: Bool

    /// Lines of standard error, without those of Open MPI's own box, and without warnings of slow
    /// products, which a busy machine may get.
    public var errorLines: [String] {
      errors.split(separator: "\n").map(String.init)
        .filter { !$0.isEmpty && !$0.contains("GFLOP/s a core") }
    }

    public var all: String { "code \(code)\(isTimedOut ? ", timed out" : "")\n\(output)\(errors)" }
  }

  /// Whether mpirun is installed.
  public static var hasLauncher: Bool {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .contains { FileManager.default.isExecutableFile(atPath: "\($0)/mpirun") }
  }

  /// Where the build put a product's executable.
  public static func path(of product: String) -> String {
    Bundle.main.bundleURL.appendingPathComponent(product).path
  }

  private static let seconds = 300

  private let process = Process()
  private let output = try? Capture()
  private let errors = try? Capture()
  private let watch: Watch

  /// Starts `product` with `arguments`.
  /// - Parameters:
  ///   - ranks: how many mpirun starts; nil: the process alone, without MPI.
  ///   - folder: the working folder.
  ///   - prelude: shell commands that run before the program in its process (`ulimit …`).
  public convenience init(
    _ product: String, _ arguments: [String], ranks: Int? = nil, in folder: URL,
    after prelude: String? = nil
  ) throws {
    var command = [Job.path(of: product)] + arguments
    if let prelude { command = ["sh", "-c", prelude + "; exec \"$0\" \"$@\""] + command }
    if let ranks {
      command = ["mpirun", "-q", "--oversubscribe", "-n", "\(ranks)"] + command
    }
    try self.init(command: command, in: folder)
  }

  /// Starts a script of the repository, such as `launch/supervise`, that runs this build's
  /// coca-train.
  public convenience init(script: String, _ arguments: [String], in folder: URL) throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let program = "COCA_TRAIN=" + Job.path(of: "coca-train")
    try self.init(
      command: [program, root.appendingPathComponent(script).path] + arguments, in: folder)
  }

  private init(command: [String], in folder: URL) throws {
    // Test threads block signals and a program inherits what is blocked; env unblocks.
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["--default-signal=USR1,TERM,XFSZ"] + command
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.merging([
      "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    ]) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output?.handle
    process.standardError = errors?.handle
    try process.run()
    watch = Watch(process.processIdentifier, seconds: Job.seconds)
  }

  /// Starts a job and waits for its end.
  public static func run(
    _ product: String, _ arguments: [String], ranks: Int? = nil, in folder: URL,
    after prelude: String? = nil
  ) throws -> Outcome {
    try Job(product, arguments, ranks: ranks, in: folder, after: prelude).wait()
  }

  public var isRunning: Bool { process.isRunning }

  /// Signals the process that was started: mpirun, where there are ranks.
  public func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  /// The processes that this one started: mpirun's ranks, where there are ranks.
  public var children: [Int32] { Job.children(of: process.processIdentifier) }

  /// The processes that another one started, in the order of their numbers.
  public static func children(of process: Int32) -> [Int32] {
    let path = "/proc/\(process)/task/\(process)/children"
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    return text.split(separator: " ").compactMap { Int32($0) }.sorted()
  }

  /// The name of a process's program, empty when it has ended.
  public static func name(of process: Int32) -> String {
    let text = (try? String(contentsOfFile: "/proc/\(process)/comm", encoding: .utf8)) ?? ""
    return text.trimmingCharacters(in: .newlines)
  }

  /// Waits until `condition` holds or the job has ended.
  public func wait(until condition: () -> Bool) {
    while process.isRunning, !condition() { usleep(2000) }
  }

  public func wait() -> Outcome {
    process.waitUntilExit()
    watch.end()
    let isSignal = process.terminationReason == .uncaughtSignal
    return Outcome(
      code: process.terminationStatus + (isSignal ? 128 : 0), output: output?.text ?? "",
      errors: errors?.text ?? "", isTimedOut: watch.hasBarked)
  }
}

/// Ends a process that takes too long: mpirun's ranks with it on the first signal, and then itself.
private final class Watch: Sendable {
  private enum State { case waiting, barked, ended }
  private let state = Mutex(State.waiting)

  init(_ process: Int32, seconds: Int) {
    DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(seconds)) { [self] in
      let isLate = state.withLock { state in
        if state == .waiting { state = .barked }
        return state == .barked
      }
      guard isLate else { return }
      kill(process, SIGTERM)
      sleep(5)
      if state.withLock({ $0 }) == .barked { kill(process, SIGKILL) }
    }
  }

  var hasBarked: Bool { state.withLock { $0 == .barked } }

  func end() { state.withLock { if $0 == .waiting { $0 = .ended } } }
}

/// A nameless file that a process writes into: unlike a pipe it never fills.
private struct Capture {
  let handle: FileHandle

  init() throws {
    let path = NSTemporaryDirectory() + "/coca-output-\(UUID().uuidString)"
    try Data().write(to: URL(fileURLWithPath: path))
    handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    unlink(path)
  }

  var text: String {
    try? handle.seek(toOffset: 0)
    return String(decoding: (try? handle.readToEnd()) ?? Data(), as: UTF8.self)
  }
}
