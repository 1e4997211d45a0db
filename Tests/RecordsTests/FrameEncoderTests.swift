import Foundation
import Records
import Synchronization
import Testing
import TestSupport

@Suite("Frame encoder")
struct FrameEncoderTests {
  @Test("frames made on many threads give the bytes that one thread gives", arguments: [500, 6000])
  func parallel(frameBytes: Int) throws {
    let samples = SampleMaker.samples(60, seed: 12)
    let plain = try TestFolder()
    let expected = try plain.pack(samples, shardBytes: 9000, frameBytes: frameBytes)

    var cutter = try FrameCutter(frameBytes: frameBytes)
    var groups = try samples.compactMap { try cutter.add($0) }
    if let rest = cutter.rest() { groups.append(rest) }
    let encoder = try FrameEncoder(level: 3)
    let frames = Mutex([Int: EncodedFrame]())
    let work = groups
    DispatchQueue.concurrentPerform(iterations: work.count) { index in
      let frame = try? encoder.encode(work[index])
      frames.withLock { $0[index] = frame }
    }

    let folder = try TestFolder()
    let writer = try folder.writer(shardBytes: 9000, frameBytes: frameBytes)
    for index in work.indices {
      try writer.append(frame: #require(frames.withLock { $0[index] }))
    }
    #expect(try writer.finish() == expected)
    for name in try plain.names() { #expect(try folder.bytes(name) == plain.bytes(name)) }
  }

  @Test("samples and frames may be mixed and keep their order")
  func mixed() throws {
    let folder = try TestFolder()
    let samples = SampleMaker.samples(9, seed: 2)
    let writer = try folder.writer(frameBytes: 2500)
    for sample in samples[..<4] { try writer.append(sample) }
    try writer.append(frame: FrameEncoder(level: 3).encode(Array(samples[4..<6])))
    for sample in samples[6...] { try writer.append(sample) }
    _ = try writer.finish()
    #expect(try folder.readAll() == samples)
  }

  @Test("a frame is cut as soon as it has its raw size, and never inside a sample")
  func cutting() throws {
    var cutter = try FrameCutter(frameBytes: 2048)
    let sizes = try (0..<7).compactMap { try cutter.add(SampleMaker.plain("k\($0)"))?.count }
    #expect(sizes == [2, 2, 2])
    #expect(cutter.rest()?.map(\.key) == ["k6"])
    #expect(cutter.rest() == nil)
  }

  @Test("settings outside their range are refused")
  func settings() throws {
    for level: Int32 in [-1, 0, 23] {
      #expect(throws: RecordError.self) { try FrameEncoder(level: level) }
    }
    for bytes in [-1, 0, RecordLimits.targetFrameBytes + 1] {
      #expect(throws: RecordError.self) { try FrameCutter(frameBytes: bytes) }
    }
  }

  @Test("one frame may be read by many threads at once")
  func parallelReading() throws {
    let folder = try TestFolder()
    let samples = SampleMaker.samples(30, seed: 4)
    try folder.pack(samples, frameBytes: 4000)
    let reader = try ShardReader(file: folder.file("s-00000.tar.zst"))
    let good = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: 40) { _ in
      if (try? reader.readAll()) == samples { good.add(1, ordering: .relaxed) }
    }
    #expect(good.load(ordering: .relaxed) == 40)
  }
}
