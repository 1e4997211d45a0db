import Collectives
import Foundation
import Testing

@Suite("Shared memory that killed ranks left behind")
struct SharedMemoryTests {
  @Test("is removed where nobody has it open; what is in use and other files stay")
  func orphans() throws {
    // A file system that is in memory, as in a run.
    let folder = "/dev/shm/coca-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let names = ["vader_segment.vm.0.1.0", "vader_segment.vm.0.1.1", "sm_segment.vm.0.1.0", "other"]
    for name in names { try Data([1]).write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
    let used = try #require(FileHandle(forUpdatingAtPath: "\(folder)/\(names[1])"))
    SharedMemory.removeOrphans(in: folder)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["other", names[1]])
    try used.close()
    SharedMemory.removeOrphans(in: folder)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["other"])
  }

  @Test("nobody else's links are followed, and a folder that is not there is nothing to clean")
  func links() throws {
    let folder = "/dev/shm/coca-test-\(UUID().uuidString)"
    SharedMemory.removeOrphans(in: folder)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Data([1]).write(to: URL(fileURLWithPath: "\(folder)/target"))
    let link = "\(folder)/vader_segment.vm.0.1.0"
    try FileManager.default.createSymbolicLink(
      atPath: link, withDestinationPath: "\(folder)/target")
    SharedMemory.removeOrphans(in: folder)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 2)
  }
}
