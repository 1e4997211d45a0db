import Collectives
import Foundation

/// A file or folder of a run that cannot be written.
struct OutputError: Error, ExitCoded, CustomStringConvertible {
  let path: String
  let what: String

  var exitCode: Int32 { ExitCode.io }

  var description: String {
    "\(path): cannot be written: \(what). "
      + "Check the folder, its permissions and the space on the disk, or give another with --output"
  }

  /// Runs `body`; what the system refuses in it is told of `url`.
  static func telling<T>(of url: URL, _ body: () throws -> T) throws -> T {
    do {
      return try body()
    } catch {
      throw OutputError(path: url.path, what: cause(of: error as NSError))
    }
  }

  /// The system's words for an error that Foundation wraps.
  private static func cause(of error: NSError) -> String {
    if let inner = error.userInfo[NSUnderlyingErrorKey] as? any Error {
      return cause(of: inner as NSError)
    }
    guard error.domain == NSPOSIXErrorDomain else { return error.localizedDescription }
    return String(cString: strerror(Int32(error.code)))
  }
}
