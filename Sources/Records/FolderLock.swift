import Foundation

/// Keeps other writers out of a folder while it lives.
struct FolderLock: ~Copyable {
  private let descriptor: Int32

  /// - Parameter shared: others that share the folder may come in, others that don't may not.
  /// - Throws: `RecordError` where another writer is in the folder.
  init(_ folder: String, shared: Bool) throws(RecordError) {
    descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw OpenFile.failure("open", folder) }
    // Some network file systems have no locks: there nothing keeps a second writer out.
    guard flock(descriptor, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0 || errno != EWOULDBLOCK
    else { throw RecordError(file: folder, reason: .inUse) }
  }

  deinit {
    guard descriptor >= 0 else { return }
    // A child process that was just forked may still have the folder open, and so hold its lock.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}
