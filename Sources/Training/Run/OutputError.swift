import Collectives
import Foundation

/// A file or folder of a run that cannot be written.
struct OutputError: Error, ExitCoded, CustomStringConvertible {
  let path: String
  let what: String
  /// The option with which another file or folder can be named.
  var option = "--output"

  var exitCode: Int32 { ExitCode.io }

  var description: String {
    "\(path): cannot be written: \(what). "
      + "Check the folder, its permissions and the space on the disk, "
      + "or give another with \(option)"
  }

  /// Runs `body`; turns an error of the file system into an `OutputError` about `url`.
  static func telling<T>(
    of url: URL, option: String = "--output", _ body: () throws -> T
  ) throws -> T {
    do {
      return try body()
    } catch {
      throw OutputError(path: url.path, what: cause(of: error as NSError), option: option)
    }
  }

  /// The system's text for an error that Foundation has wrapped.
  private static func cause(of error: NSError) -> String {
    if let inner = error.userInfo[NSUnderlyingErrorKey] as? any Error {
      return cause(of: inner as NSError)
    }
    guard error.domain == NSPOSIXErrorDomain else { return error.localizedDescription }
    return String(cString: strerror(Int32(error.code)))
  }
}
