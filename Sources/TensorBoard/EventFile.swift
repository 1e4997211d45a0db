import Foundation

/// A new event file in a run's folder, where TensorBoard finds it. When `append` returns, the
/// record has been handed to the system.
public final class EventFile {
  public let url: URL
  private let handle: FileHandle

  private static let prefix = "events.out.tfevents."
  private static let hostLimit = 64

  /// Creates the file and begins a session: from older files in the folder TensorBoard then shows
  /// only the steps before `step`.
  ///
  /// - Parameters:
  ///   - step: the first step of the session.
  ///   - writer: the program's name.
  /// - Throws: an error of the file system.
  public init(
    in folder: URL, from step: Int, host: String, writer: String, time: Double = now
  ) throws {
    url = folder.appendingPathComponent(try Self.name(in: folder, host: host, time: time))
    try Data().write(to: url, options: .withoutOverwriting)
    handle = try FileHandle(forWritingTo: url)
    try append(Event(time: time, step: 0, .fileVersion(writer: writer)))
    try append(Event(time: time, step: step, .sessionStart))
  }

  /// Seconds since 1970.
  public static var now: Double { Date().timeIntervalSince1970 }

  public func append(_ values: [SummaryValue], step: Int, time: Double = now) throws {
    try append(Event(time: time, step: step, .summary(values)))
  }

  public func close() throws { try handle.close() }

  private func append(_ event: Event) throws { try handle.write(contentsOf: event.record) }

  /// TensorBoard reads a folder's files in the order of their names and never goes back. So the
  /// name must come after all existing ones, whatever this machine's clock says.
  private static func name(in folder: URL, host: String, time: Double) throws -> String {
    let present = try FileManager.default.contentsOfDirectory(atPath: folder.path).compactMap {
      $0.hasPrefix(prefix) ? Int($0.dropFirst(prefix.count).prefix { $0 != "." }) : nil
    }
    let seconds = max(Int(time), (present.max() ?? 0) &+ 1)
    let digits = String(seconds)
    let padded = String(repeating: "0", count: max(0, 10 - digits.count)) + digits
    let safe = host.unicodeScalars.prefix(hostLimit).map { scalar in
      let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || "0"..."9" ~= scalar)
      return isPlain || scalar == "-" ? String(scalar) : "_"
    }
    return "\(prefix)\(padded).\(safe.joined()).\(ProcessInfo.processInfo.processIdentifier).0"
  }
}
