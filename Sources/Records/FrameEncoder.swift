import CZstd
import Glibc

/// A frame that is ready to be written: whole samples as tar members, compressed.
public struct EncodedFrame: Sendable, Equatable {
  /// One zstd frame, with the size and the checksum of its content.
  public let bytes: [UInt8]
  /// Bytes of the tar members inside.
  public let rawBytes: Int
  public let samples: Int
  let firstKey: String
  let lastKey: String
}

/// Turns samples into a frame. Equal samples give equal bytes on any thread. So packers may call
/// one encoder from several threads and give the frames to a `RecordWriter` in order.
public struct FrameEncoder: Sendable {
  private let level: Int32

  /// - Parameter level: zstd's compression level, 1 to 22.
  /// - Throws: `RecordError` for another level.
  public init(level: Int32) throws(RecordError) {
    guard (1...ZSTD_maxCLevel()).contains(level) else {
      throw RecordError(
        file: "level", reason: .setting("\(level) is not from 1 to \(ZSTD_maxCLevel())"))
    }
    self.level = level
  }

  /// - Throws: `RecordError` with the key of a sample that no shard may have.
  public func encode(_ samples: [Sample]) throws(RecordError) -> EncodedFrame {
    precondition(!samples.isEmpty, "a frame holds at least one sample")
    var tar: [UInt8] = []
    tar.reserveCapacity(try rawBytes(of: samples))
    for sample in samples {
      for field in sample.fields {
        let name = TarLayout.name(key: sample.key, suffix: field.suffix)
        TarLayout.append(name: name, bytes: field.bytes, to: &tar)
      }
    }
    return EncodedFrame(
      bytes: try compress(tar), rawBytes: tar.count, samples: samples.count,
      firstKey: samples[0].key, lastKey: samples[samples.count - 1].key)
  }

  /// The tar's end blocks as a frame without samples.
  func encodeEnd() throws(RecordError) -> EncodedFrame {
    let zeros = [UInt8](repeating: 0, count: TarLayout.endBytes)
    return EncodedFrame(
      bytes: try compress(zeros), rawBytes: zeros.count, samples: 0, firstKey: "", lastKey: "")
  }

  private func rawBytes(of samples: [Sample]) throws(RecordError) -> Int {
    var bytes = 0
    for (index, sample) in samples.enumerated() {
      do throws(RecordError.Reason) {
        try sample.check()
        if index > 0, samples[index - 1].key.hasSameBytes(as: sample.key) { throw .duplicateKey }
        bytes += sample.rawBytes
        guard bytes <= RecordLimits.frameBytes else {
          throw .tooLarge(what: "a frame", bytes: bytes, limit: RecordLimits.frameBytes)
        }
      } catch {
        throw RecordError(file: "sample", key: sample.key, reason: error)
      }
    }
    return bytes
  }

  /// Uses a fresh context each time, so that the output depends on nothing else.
  private func compress(_ tar: [UInt8]) throws(RecordError) -> [UInt8] {
    var written = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(tar.count)) { out, count in
      let context = ZSTD_createCCtx()
      defer { ZSTD_freeCCtx(context) }
      ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
      ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
      written = ZSTD_compress2(context, out.baseAddress, out.count, tar, tar.count)
      count = ZSTD_isError(written) == 0 ? written : 0
    }
    guard !bytes.isEmpty else {
      let name = String(cString: ZSTD_getErrorName(written))
      throw RecordError(file: "zstd", reason: .io(operation: "compress (\(name))", code: ENOMEM))
    }
    return bytes
  }
}

/// Divides a stream of samples into frames of about `frameBytes` each.
public struct FrameCutter: Sendable {
  private let frameBytes: Int
  private var pending: [Sample] = []
  private var pendingBytes = 0

  /// - Parameter frameBytes: the raw size at which a frame is closed.
  /// - Throws: `RecordError` outside 1 to `RecordLimits.targetFrameBytes`.
  public init(frameBytes: Int) throws(RecordError) {
    guard (1...RecordLimits.targetFrameBytes).contains(frameBytes) else {
      let range = "1 to \(RecordLimits.targetFrameBytes)"
      throw RecordError(
        file: "frame size", reason: .setting("\(frameBytes) is not from \(range)"))
    }
    self.frameBytes = frameBytes
  }

  /// Adds a sample; returns the frame's samples when the frame is full.
  /// - Throws: `RecordError` for a sample that no shard may have; it is left out, and the others
  ///   are kept.
  public mutating func add(_ sample: Sample) throws(RecordError) -> [Sample]? {
    do throws(RecordError.Reason) {
      try sample.check()
      if pending.last?.key.hasSameBytes(as: sample.key) == true { throw .duplicateKey }
    } catch {
      throw RecordError(file: "sample", key: sample.key, reason: error)
    }
    pending.append(sample)
    pendingBytes += sample.rawBytes
    return pendingBytes >= frameBytes ? rest() : nil
  }

  /// The samples that are not yet in a frame, nil if there are none; the cutter is empty
  /// afterwards.
  public mutating func rest() -> [Sample]? {
    guard !pending.isEmpty else { return nil }
    defer {
      pending = []
      pendingBytes = 0
    }
    return pending
  }
}

extension String {
  /// Compares the UTF-8 bytes; `==` also treats composed and decomposed letters as equal.
  func hasSameBytes(as other: String) -> Bool {
    utf8.elementsEqual(other.utf8)
  }
}
