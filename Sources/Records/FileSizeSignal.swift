import Foundation

/// The signal of a file that may not grow any more (`ulimit -f`), which ends a process without a
/// word.
public enum FileSizeSignal {
  /// From now on the write fails instead, as on a full disk. Every command calls this first.
  public static func ignore() { signal(SIGXFSZ, SIG_IGN) }
}
