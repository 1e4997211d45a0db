import Checkpoints
import Foundation
import Synchronization

/// The system's files, with the n-th call failing: once, or with all after it (a killed writer).
/// A failing write leaves half of its bytes. Nothing is synced: no test pulls the plug.
final class FailingFileSystem: FileSystem {
  private let system = SystemFiles()
  private let calls = Mutex(0)
  private let failing: Int
  private let isLasting: Bool

  init(failAt failing: Int = .max, lasting isLasting: Bool = false) {
    self.failing = failing
    self.isLasting = isLasting
  }

  var callCount: Int { calls.withLock { $0 } }

  private func fails() -> Bool {
    let call = calls.withLock { count in
      count += 1
      return count
    }
    return isLasting ? call >= failing : call == failing
  }

  private func pass(_ path: String) throws(CheckpointError) {
    if fails() { throw CheckpointError(path, .system(operation: "do it", code: ENOSPC)) }
  }

  func makeDirectory(_ path: String) throws(CheckpointError) {
    try pass(path)
    try system.makeDirectory(path)
  }

  func create(_ path: String) throws(CheckpointError) -> Int32 {
    try pass(path)
    return try system.create(path)
  }

  func write(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String
  ) throws(CheckpointError) {
    if fails() {
      let half = UnsafeRawBufferPointer(rebasing: bytes.prefix(bytes.count / 2))
      try system.write(half, to: descriptor, path: path)
      throw CheckpointError(path, .system(operation: "write it", code: ENOSPC))
    }
    try system.write(bytes, to: descriptor, path: path)
  }

  func sync(_ descriptor: Int32, path: String) throws(CheckpointError) {
    try pass(path)
  }

  func close(_ descriptor: Int32, path: String) throws(CheckpointError) {
    try system.close(descriptor, path: path)
    try pass(path)
  }

  func syncDirectory(_ path: String) throws(CheckpointError) {
    try pass(path)
  }

  func rename(_ path: String, to target: String) throws(CheckpointError) {
    try pass(path)
    try system.rename(path, to: target)
  }

  func symbolicLink(to target: String, at path: String) throws(CheckpointError) {
    try pass(path)
    try system.symbolicLink(to: target, at: path)
  }

  func remove(_ path: String) throws(CheckpointError) {
    try pass(path)
    try system.remove(path)
  }

  func list(_ path: String) throws(CheckpointError) -> [String] {
    try pass(path)
    return try system.list(path)
  }
}
