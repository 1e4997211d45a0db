import CXXHash
import Foundation
import Synchronization

/// Copies of shards on slow storage, in a folder of this machine. The size is limited; all
/// processes of the machine share the copies; the least recently used are removed first.
///
/// A copy is written under a hidden name, synced and renamed, so a file with a copy's name is
/// complete. The hidden file has its full size from the start and counts, so that all processes
/// together keep to the limit. Locks are the kernel's (`flock`) and end with the process that holds
/// them. A reader holds a shared lock on its copy, a writer an exclusive one on its hidden file.
/// A locked file is not removed; a hidden file without a lock was left by a process that died.
public final class ShardCache: Sendable {
  public let folder: URL
  /// The most bytes of all copies together.
  public let limit: Int
  private let failure = Mutex<RecordError?>(nil)
  private static let suffix = ".copy.tar.zst"

  /// - Throws: `RecordError` if the folder cannot be made or written to.
  public init(folder: URL, limit: Int) throws(RecordError) {
    self.folder = folder
    self.limit = limit
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw RecordError(
        file: folder.path, reason: .io(operation: "make the folder", code: errno == 0 ? EIO : errno)
      )
    }
    try underLock { () throws(RecordError) in }
  }

  /// Why a shard could not be copied, the first time that this happened.
  public var problem: RecordError? { failure.withLock { $0 } }

  /// A reader of the shard's copy, if there is a complete one; errors name the shard itself.
  func reader(of shard: URL) -> ShardReader? {
    guard let source = Source(shard), let file = try? OpenFile(reading: copy(of: source)),
      flock(file.descriptor, LOCK_SH | LOCK_NB) == 0, file.hasName
    else { return nil }
    futimens(file.descriptor, nil)
    return try? ShardReader(file, path: shard.path, isCopy: true)
  }

  /// Removes a copy that turned out to be damaged.
  public func remove(_ shard: URL) {
    if let source = Source(shard) { unlink(copy(of: source)) }
  }

  /// Copies a shard, unless it is copied already, another process is copying it, or there is no
  /// room.
  /// - Returns: whether there is a copy now.
  public func fetch(_ shard: URL) -> Bool {
    guard let source = Source(shard) else { return false }
    let final = copy(of: source)
    if access(final, F_OK) == 0 { return true }
    do throws(RecordError) {
      guard let target = try reserve(source) else { return access(final, F_OK) == 0 }
      do throws(RecordError) {
        try fill(target, from: source)
        // No process may add up the copies while one is being renamed.
        try underLock { () throws(RecordError) in try target.publish(as: final) }
        return true
      } catch {
        unlink(target.path)
        throw error
      }
    } catch {
      failure.withLock { $0 = $0 ?? error }
      return false
    }
  }

  /// A shard in its present state: with another size or time it counts as another shard.
  private struct Source {
    let path: String
    let bytes: Int
    let name: String

    init?(_ shard: URL) {
      var status = stat()
      guard stat(shard.path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
      path = shard.path
      bytes = Int(status.st_size)
      let time = status.st_mtim
      let identity = Array("\(shard.path)\0\(bytes)\0\(time.tv_sec).\(time.tv_nsec)".utf8)
      name = (0..<2).map { seed in
        String(format: "%016lx", XXH64(identity, identity.count, UInt64(seed)))
      }.joined()
    }
  }

  private func copy(of source: Source) -> String {
    folder.appendingPathComponent(source.name + Self.suffix).path
  }

  private func fill(_ target: borrowing OpenFile, from source: Source) throws(RecordError) {
    let file = try OpenFile(reading: source.path)
    var offset = 0
    while offset < source.bytes {
      let piece = try file.read(at: offset, count: min(1 << 20, source.bytes - offset))
      try target.write(piece)
      offset += piece.count
    }
    guard fsync(target.descriptor) == 0 else { throw OpenFile.failure("sync", target.path) }
    guard try file.bytes() == source.bytes else {
      throw RecordError(
        file: source.path, reason: .truncated(expected: source.bytes, found: try file.bytes()))
    }
  }

  /// The hidden file of a future copy, with its full size and locked; nil where another process
  /// makes it, or where copies in use leave no room.
  private func reserve(_ source: Source) throws(RecordError) -> OpenFile? {
    let path = folder.appendingPathComponent(".\(source.name).partial").path
    return try underLock { () throws(RecordError) -> OpenFile? in
      guard access(copy(of: source), F_OK) != 0, makeRoom(source.bytes, unless: path) else {
        return nil
      }
      let file = try OpenFile(writing: path)
      guard ftruncate(file.descriptor, off_t(source.bytes)) == 0 else {
        throw OpenFile.failure("enlarge", path)
      }
      return file
    }
  }

  private func underLock<Result: ~Copyable>(
    _ body: () throws(RecordError) -> Result
  ) throws(RecordError) -> Result {
    let path = folder.appendingPathComponent(".lock").path
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else { throw OpenFile.failure("create", path) }
    defer { close(descriptor) }
    guard flock(descriptor, LOCK_EX) == 0 else { throw OpenFile.failure("lock", path) }
    return try body()
  }
}

extension ShardCache {
  private struct Entry {
    var path: String
    var bytes: Int
    var lastUse: (Int, Int)
    var isHidden: Bool
  }

  /// Removes copies until `bytes` more fit; called under the folder's lock.
  /// - Returns: false where too much is in use, or where `hidden` is in use.
  private func makeRoom(_ bytes: Int, unless hidden: String) -> Bool {
    var entries = entries()
    for entry in entries where entry.isHidden {
      let isLeft = Self.giveUp(entry.path)
      if isLeft { entries.removeAll { $0.path == entry.path } }
      if !isLeft, entry.path == hidden { return false }
    }
    var total = entries.reduce(0) { $0 + $1.bytes }
    for entry in entries.sorted(by: { $0.lastUse < $1.lastUse }) where total + bytes > limit {
      if !entry.isHidden, Self.giveUp(entry.path) { total -= entry.bytes }
    }
    return total + bytes <= limit
  }

  private func entries() -> [Entry] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.compactMap { name in
      let isHidden = name.hasPrefix(".") && name.hasSuffix(".partial")
      guard isHidden || name.hasSuffix(Self.suffix) else { return nil }
      var status = stat()
      let path = folder.appendingPathComponent(name).path
      guard lstat(path, &status) == 0 else { return nil }
      return Entry(
        path: path, bytes: Int(status.st_size),
        lastUse: (status.st_mtim.tv_sec, status.st_mtim.tv_nsec), isHidden: isHidden)
    }
  }

  /// Removes a file that nobody holds; returns whether it is gone.
  private static func giveUp(_ path: String) -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return errno == ENOENT }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_EX | LOCK_NB) == 0 && unlink(path) == 0
  }
}

extension OpenFile {
  /// Whether the file still has a name in some folder.
  fileprivate var hasName: Bool {
    var status = stat()
    return fstat(descriptor, &status) == 0 && status.st_nlink > 0
  }
}
