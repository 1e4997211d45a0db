import Collectives
import Foundation
import Testing

@Suite("Stop request")
struct StopRequestTests {
  private let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent(UUID().uuidString)
  private var file: URL { folder.appendingPathComponent("stop") }

  private func inFolder(_ body: () throws -> Void) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body()
  }

  @Test("a file made after the start asks for a stop and goes when obeyed")
  func newFile() throws {
    try inFolder {
      let stop = StopRequest(folder: folder, timeLimit: nil)
      #expect(stop.reason == nil)
      try Data().write(to: file)
      #expect(stop.reason == .file && stop.isRequested)
      stop.obeyed()
      #expect(!FileManager.default.fileExists(atPath: file.path))
      #expect(stop.reason == nil)
    }
  }

  @Test("a file older than the start is ignored until it is touched")
  func oldFile() throws {
    try inFolder {
      try Data().write(to: file)
      let past = Date(timeIntervalSinceNow: -100_000)
      try FileManager.default.setAttributes([.modificationDate: past], ofItemAtPath: file.path)
      let stop = StopRequest(folder: folder, timeLimit: nil)
      #expect(stop.reason == nil)
      try FileManager.default.setAttributes([.modificationDate: Date()], ofItemAtPath: file.path)
      #expect(stop.reason == .file)
    }
  }

  @Test("a time limit counts from the start")
  func timeLimit() {
    #expect(StopRequest(folder: nil, timeLimit: .zero).reason == .timeLimit)
    #expect(StopRequest(folder: nil, timeLimit: .seconds(86_400)).reason == nil)
    #expect(StopRequest(folder: nil, timeLimit: nil).reason == nil)
  }

  @Test("reasons read as a person would say them")
  func texts() {
    #expect("\(StopRequest.Reason.signal(SIGUSR1))" == "SIGUSR1")
    #expect("\(StopRequest.Reason.timeLimit)" == "the time limit")
  }
}
