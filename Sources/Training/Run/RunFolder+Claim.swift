import Foundation

extension RunFolder {
  /// What this process has of the folder.
  struct Hold {
    /// The folder's lock, held until this process ends, in whatever way it ends.
    var isHeld = false
    /// Whether this process has made the folder, and no run has begun in it.
    var isMade = false
  }

  private var lockFile: String { url.appendingPathComponent("lock").path }

  /// Makes the folder and keeps other runs out of it until this process ends. Processes of a killed
  /// run get some seconds to end.
  /// - Throws: `OutputError` where the folder cannot be made or locked, or another run is in it.
  func claim(patience: Double = 5) throws {
    try hold.withLock { hold in
      let end = ContinuousClock.now + .seconds(patience)
      while !hold.isHeld {
        hold.isMade = try make() || hold.isMade
        hold.isHeld = try lock(until: end)
      }
    }
  }

  /// Removes what `claim` has made, where no run has begun since.
  func leave() {
    hold.withLock { hold in
      guard hold.isHeld, hold.isMade else { return }
      unlink(lockFile)
      rmdir(url.path)
      hold = Hold()
    }
  }

  /// - Returns: whether the folder was not there.
  private func make() throws -> Bool {
    if mkdir(url.path, 0o777) == 0 { return true }
    if errno == ENOENT {
      try OutputError.telling(of: url) {
        try FileManager.default.createDirectory(
          at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      }
      if mkdir(url.path, 0o777) == 0 { return true }
    }
    guard errno == EEXIST else { throw systemError(url.path) }
    return false
  }

  /// - Returns: whether the folder is locked; false where a run that has left removed the lock.
  private func lock(until end: ContinuousClock.Instant) throws -> Bool {
    let descriptor = open(lockFile, O_CREAT | O_RDWR | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      guard errno == ENOENT, ContinuousClock.now < end else { throw systemError(lockFile) }
      usleep(10_000)
      return false
    }
    var isKept = false
    defer { if !isKept { close(descriptor) } }
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      // Some network file systems have no locks: there nothing keeps a second run out.
      if errno == ENOTSUP || errno == ENOSYS || errno == EINVAL { return true }
      guard errno == EWOULDBLOCK || errno == EINTR else { throw systemError(lockFile) }
      guard ContinuousClock.now < end else {
        throw OutputError(path: url.path, what: "another run writes into it")
      }
      usleep(100_000)
    }
    var held = stat(), named = stat()
    isKept = fstat(descriptor, &held) == 0 && stat(lockFile, &named) == 0
      && (held.st_dev, held.st_ino) == (named.st_dev, named.st_ino)
    return isKept
  }

  private func systemError(_ path: String) -> OutputError {
    OutputError(path: path, what: String(cString: strerror(errno)))
  }
}
