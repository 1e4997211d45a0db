import Collectives
import Foundation
import Testing
import TestSupport

@Suite("Stop request")
struct StopRequestTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  @Test("a file made after the start asks for a stop and goes when obeyed")
  func newFile() throws {
    let stop = StopRequest(folder: folder.url, timeLimit: nil)
    #expect(stop.reason == nil)
    try folder.write("", to: "stop")
    #expect(stop.reason == .file && stop.isRequested)
    stop.obeyed()
    #expect(!folder.exists("stop"))
    #expect(stop.reason == nil)
  }

  @Test("a file older than the start is ignored until it is touched")
  func oldFile() throws {
    let path = try folder.write("", to: "stop").path
    let past = Date(timeIntervalSinceNow: -100_000)
    try FileManager.default.setAttributes([.modificationDate: past], ofItemAtPath: path)
    let stop = StopRequest(folder: folder.url, timeLimit: nil)
    #expect(stop.reason == nil)
    try FileManager.default.setAttributes([.modificationDate: Date()], ofItemAtPath: path)
    #expect(stop.reason == .file)
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
