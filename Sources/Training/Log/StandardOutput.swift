import Foundation

/// What a command was asked for.
public enum StandardOutput {
  /// Prints a line at once. Where nobody listens any more (a closed pipe) that is no error.
  /// - Throws: an error with the exit code 74 where the system takes no more.
  public static func print(_ line: String) throws {
    var rest = Array((line + "\n").utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR || errno == EAGAIN { continue }
      if count < 0, errno == EPIPE { return }
      guard count > 0 else {
        throw OutputError(
          path: "standard output", what: String(cString: strerror(errno)), option: nil)
      }
      rest = rest.dropFirst(count)
    }
  }
}
