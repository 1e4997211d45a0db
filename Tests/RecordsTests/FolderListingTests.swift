import Foundation
import Records
import TestSupport
import Testing

@Suite("A folder's listing")
struct FolderListingTests {
  @Test("has hidden names too, sorted by their bytes")
  func order() throws {
    let folder = try TestFolder()
    for name in ["b", "B", ".x", "é", "a/c"] { try folder.write("", to: name) }
    #expect(try FolderListing.names(in: folder.url.path) == [".x", "B", "a", "b", "é"])
    #expect(try FolderListing.isFolder(folder.path("a"), followingLinks: false))
    #expect(try !FolderListing.isFolder(folder.path("b"), followingLinks: false))
    #expect(try !FolderListing.isFolder(folder.path("gone"), followingLinks: true))
  }

  @Test("that the system breaks off is an error, not a shorter list")
  func brokenOff() throws {
    let folder = try TestFolder()
    try folder.write("", to: "a")
    let stream = try #require(opendir(folder.url.path))
    defer { closedir(stream) }
    let other = open("/dev/null", O_RDONLY | O_CLOEXEC)
    defer { close(other) }
    // From here on the system refuses to list what the stream reads.
    #expect(dup2(other, dirfd(stream)) >= 0)
    #expect(throws: SystemError(code: ENOTDIR)) { try FolderListing.names(of: stream) }
  }

  @Test("where the system does not say what a name is, that is an error")
  func unknownKind() throws {
    let long = "/" + String(repeating: "x", count: 300)
    #expect(throws: SystemError(code: ENAMETOOLONG)) {
      try FolderListing.isFolder(long, followingLinks: false)
    }
  }
}
