import Foundation

/// METEOR 1.5 (Denkowski and Lavie 2014), computed by its own Java program, which the user has.
public struct METEOR: Sendable {
  private let jar: URL
  private let limit: Double?

  /// - Parameters:
  ///   - jar: `meteor-1.5.jar`, with its folder `data` beside it.
  ///   - limit: seconds after which the program is ended; nil: 120, and a tenth for each image.
  public init(jar: URL, limit: Double? = nil) { (self.jar, self.limit) = (jar, limit) }

  /// - Throws: `CaptionScoresError` for a program that cannot be started, ends early, answers
  ///   something else or takes too long.
  func scores(
    of pairs: [TokenizedPair]
  ) throws(CaptionScoresError) -> (set: Double, images: [Double]) {
    let program = try METEORProgram(jar, limit: limit ?? 120 + 0.1 * Double(pairs.count))
    defer { program.end() }
    var evaluation = "EVAL"
    for pair in pairs {
      let texts = pair.references.map(\.text) + [pair.candidate.text]
      let line = (["SCORE"] + texts.map(Self.plain)).joined(separator: " ||| ")
      evaluation += " ||| " + (try program.answer(to: line))
    }
    try program.send(evaluation)
    var images: [Double] = []
    for _ in pairs { images.append(try program.number()) }
    return (try program.number(), images)
  }

  /// Without what separates captions in the program's protocol.
  private static func plain(_ text: String) -> String {
    text.replacing("|||", with: "").replacing("  ", with: " ")
  }
}

/// The running program: a line goes in, a line comes out. No shell is involved.
private final class METEORProgram {
  private let jar: String
  private let limit: Double
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private let deadline: DispatchTime
  private let clock: DispatchSourceTimer
  private var unread: [UInt8] = []

  init(_ jar: URL, limit: Double) throws(CaptionScoresError) {
    (self.jar, self.limit) = (jar.path, limit)
    guard FileManager.default.isReadableFile(atPath: jar.path) else {
      throw CaptionScoresError(jar.path, .unreadable("there is no such file"))
    }
    // Writing to a program that has ended must be an error, not the end of this process.
    signal(SIGPIPE, SIG_IGN)
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["java", "-Xmx2G", "-jar", jar.path, "-", "-", "-stdio", "-l", "en", "-norm"]
    // Other languages write numbers with a comma.
    process.environment = ProcessInfo.processInfo.environment.merging(["LC_ALL": "C.UTF-8"]) { $1 }
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    deadline = .now() + limit
    clock = DispatchSource.makeTimerSource()
    do {
      try process.run()
    } catch {
      clock.activate()
      throw CaptionScoresError(jar.path, .program("java cannot be started"))
    }
    let number = process.processIdentifier
    clock.schedule(deadline: deadline)
    clock.setEventHandler { kill(number, SIGKILL) }
    clock.activate()
  }

  func end() {
    clock.cancel()
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  func send(_ line: String) throws(CaptionScoresError) {
    do {
      try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
    } catch {
      throw failure
    }
  }

  func answer(to line: String) throws(CaptionScoresError) -> String {
    try send(line)
    return try nextLine()
  }

  func number() throws(CaptionScoresError) -> Double {
    let line = try nextLine()
    guard let value = Double(line), value.isFinite else {
      throw CaptionScoresError(jar, .program("its program answered \"\(line.prefix(60))\""))
    }
    return value
  }

  private func nextLine() throws(CaptionScoresError) -> String {
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: unread[..<end], as: UTF8.self)
        unread.removeSubrange(...end)
        return line.trimmingCharacters(in: .whitespaces)
      }
      let count = read(output.fileHandleForReading.fileDescriptor, &block, block.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure }
      unread += block[..<count]
    }
  }

  /// Why the program is gone.
  private var failure: CaptionScoresError {
    let isLate = DispatchTime.now() >= deadline
    return CaptionScoresError(
      jar, isLate ? .tooSlow(seconds: Int(limit)) : .program("its program ended before its answer"))
  }
}
