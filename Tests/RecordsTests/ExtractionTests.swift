import Foundation
import Records
import Testing
import TestSupport

@Suite("Extraction")
struct ExtractionTests {
  @Test("fields become files of the same bytes under the folder")
  func files() throws {
    let folder = try TestFolder()
    let samples = SampleMaker.samples(20, seed: 11)
    let extraction = try Extraction(folder: folder.file("a/b"))
    for sample in samples {
      try extraction.write(sample)
      for field in sample.fields {
        #expect(try folder.bytes("a/b/\(sample.key).\(field.suffix)") == field.bytes)
      }
    }
  }

  @Test("no link is followed, neither to a folder nor to a file")
  func links() throws {
    let folder = try TestFolder()
    let outside = try TestFolder()
    let extraction = try Extraction(folder: folder.url)
    try FileManager.default.createSymbolicLink(
      at: folder.file("link"), withDestinationURL: outside.url)
    try FileManager.default.createSymbolicLink(
      at: folder.file("file.txt"), withDestinationURL: outside.file("made.txt"))
    #expect(throws: RecordError.self) { try extraction.write(SampleMaker.plain("link/a")) }
    #expect(throws: RecordError.self) { try extraction.write(SampleMaker.plain("link/a/b")) }
    #expect(throws: RecordError.self) { try extraction.write(SampleMaker.plain("file")) }
    for key in ["../up", "/tmp/abs", "a/../../up", ""] {
      #expect(throws: RecordError.self) { try extraction.write(SampleMaker.plain(key)) }
    }
    #expect(try outside.names() == [])
    #expect(try folder.names() == ["file.txt", "link"])
  }

  @Test("what exists is not replaced")
  func existing() throws {
    let folder = try TestFolder()
    let extraction = try Extraction(folder: folder.url)
    try extraction.write(SampleMaker.plain("a", "first"))
    #expect(reason { try extraction.write(SampleMaker.plain("a", "second")) } == .exists("a.txt"))
    #expect(try folder.bytes("a.txt") == Array("first".utf8))
  }
}
