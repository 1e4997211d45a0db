import CZstd
import Foundation

/// Builds shards from the words of `docs/records.md` alone, so that they can be wrong on purpose.
struct ShardForge {
  struct Frame {
    var tar: [UInt8]
    var samples: UInt32
    var statedRawBytes: UInt32?
    var hasChecksum = true
    var hasContentSize = true
  }

  var frames: [Frame]
  var version: UInt32 = 1
  var countsMagic: UInt32 = 0x184D_2A50
  var tableMagic: UInt32 = 0x184D_2A5E
  var descriptor: UInt8 = 0

  /// A shard of these frames and a proper end.
  init(_ frames: [Frame]) {
    self.frames = frames + [Frame(tar: [UInt8](repeating: 0, count: 1024), samples: 0)]
  }

  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    var entries: [UInt32] = []
    for frame in frames {
      let compressed = compress(frame)
      bytes += compressed
      entries += [UInt32(compressed.count), frame.statedRawBytes ?? UInt32(frame.tar.count)]
    }
    let counts = [version, UInt32(frames.count)] + frames.map(\.samples)
    bytes += words([countsMagic, UInt32(counts.count * 4)] + counts)
    entries += [UInt32(8 + counts.count * 4), 0]
    bytes += words([tableMagic, UInt32(entries.count * 4 + 9)] + entries)
    return bytes + words([UInt32(entries.count / 2)]) + [descriptor] + words([0x8F92_EAB1])
  }

  private func words(_ values: [UInt32]) -> [UInt8] {
    values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
  }

  private func compress(_ frame: Frame) -> [UInt8] {
    let context = ZSTD_createCCtx()
    defer { ZSTD_freeCCtx(context) }
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, frame.hasChecksum ? 1 : 0)
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, frame.hasContentSize ? 1 : 0)
    let bound = ZSTD_compressBound(frame.tar.count)
    return [UInt8](unsafeUninitializedCapacity: bound) { out, count in
      count = ZSTD_compress2(context, out.baseAddress, bound, frame.tar, frame.tar.count)
    }
  }

  /// A tar member as old as tar itself: name, size, type, checksum and nothing else.
  static func member(_ name: String, _ text: String = "word", type: Character = "0") -> [UInt8] {
    var header = [UInt8](repeating: 0, count: 512)
    header.replaceSubrange(0..<name.utf8.count, with: name.utf8)
    header.replaceSubrange(124..<135, with: octal(text.utf8.count, digits: 11))
    header.replaceSubrange(148..<156, with: "        ".utf8)
    header[156] = type.asciiValue!
    let sum = header.reduce(0) { $0 + Int($1) }
    header.replaceSubrange(148..<154, with: octal(sum, digits: 6))
    return header + Array(text.utf8)
      + [UInt8](repeating: 0, count: (512 - text.utf8.count % 512) % 512)
  }

  private static func octal(_ value: Int, digits: Int) -> [UInt8] {
    let text = String(value, radix: 8)
    return Array((String(repeating: "0", count: digits - text.utf8.count) + text).utf8)
  }
}
