import Foundation

/// An error that knows the exit code it leads to.
public protocol ExitCoded {
  /// One of `ExitCode`'s.
  var exitCode: Int32 { get }
}

/// The exit codes of commands; those of sysexits.h where one fits.
public enum ExitCode {
  public static let done: Int32 = 0
  /// The command line or the run file is wrong.
  public static let usage: Int32 = 64
  /// The data are wrong.
  public static let data: Int32 = 65
  /// A rank was lost or no longer responded: try again.
  public static let lost: Int32 = 69
  /// A mistake in this program.
  public static let `internal`: Int32 = 70
  /// A file could not be read or written, or the disk is full.
  public static let io: Int32 = 74
  /// Stopped on request after a checkpoint was written: run again to continue.
  public static let stopped: Int32 = 75
  /// Training diverged: running again does not help.
  public static let diverged: Int32 = 76

  /// The code of an error: its own; `io` for an error of the file system; else `internal`.
  public static func of(_ error: any Error) -> Int32 {
    if let coded = error as? any ExitCoded { return coded.exitCode }
    return error is CocoaError || error is POSIXError ? io : `internal`
  }
}
