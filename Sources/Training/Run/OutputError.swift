import Collectives
import Foundation

/// A file or folder of a run that cannot be written.
struct OutputError: Error, ExitCoded, CustomStringConvertible {
  let path: String
  let what: String
  /// The option with which another file or folder can be named, if there is one.
  var option: String? = "--output"

  var exitCode: Int32 { ExitCode.io }

  var description: String {
    "\(path): cannot be written: \(what). "
      + "Check the folder, its permissions and the space on the disk"
      + (option.map { ", or give another with \($0)" } ?? "")
  }

  /// Runs `body`; turns an error of the file system into an `OutputError` about `url`.
  static func telling<T>(
    of url: URL, option: String = "--output", _ body: () throws -> T
  ) throws -> T {
    do {
      return try body()
    } catch {
      throw about(url, error, option: option)
    }
  }

  /// An `OutputError` about `url` for an error of the file system; other errors as they are.
  static func about(
    _ url: URL, _ error: any Error, option: String = "--output"
  ) -> any Error {
    if error is any ExitCoded { return error }
    return OutputError(path: url.path, what: cause(of: error as NSError), option: option)
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
