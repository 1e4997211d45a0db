import Foundation

extension RunFolder {
  /// Keeps other runs out of the folder until this process ends, in whatever way it ends. Processes
  /// of a killed run get some seconds to end.
  /// - Throws: `OutputError` where another run is still in the folder.
  func claim(patience: Double = 5) throws {
    try isClaimed.withLock { isClaimed in
      if !isClaimed { try lock(patience: patience) }
      isClaimed = true
    }
  }

  private func lock(patience: Double) throws {
    let file = url.appendingPathComponent("lock")
    let descriptor = open(file.path, O_CREAT | O_RDWR | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw OutputError(path: file.path, what: String(cString: strerror(errno)))
    }
    let end = ContinuousClock.now + .seconds(patience)
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      // Some network file systems have no locks: there nothing keeps a second run out.
      guard errno == EWOULDBLOCK || errno == EINTR else { return }
      guard ContinuousClock.now < end else {
        close(descriptor)
        throw OutputError(path: url.path, what: "another run writes into it")
      }
      usleep(100_000)
    }
  }
}
