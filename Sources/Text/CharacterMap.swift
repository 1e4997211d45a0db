import Foundation

/// The table by which SentencePiece normalises characters, checked before the library uses it. The
/// library follows the table's indices without checking them, so a damaged model file could make it
/// read anywhere.
///
/// The table is bytes 2 of messages 3 and 5 of the model (protocol buffers): a count of bytes, a
/// double array trie (Darts) of 32-bit units in blocks of 256, and strings each ended by a zero.
enum CharacterMap {
  /// What is wrong with the tables of a model file; nil if nothing is.
  static func fault(inModel model: Data) -> String? {
    model.withUnsafeBytes { bytes -> String? in
      var fault: String?
      let whole = Message(bytes).forEach { field, normalizer in
        guard field == 3 || field == 5 else { return }
        let inner = Message(normalizer).forEach { field, table in
          if field == 2, !table.isEmpty { fault = fault ?? Self.fault(inTable: table) }
        }
        if !inner { fault = fault ?? "its normalizer is damaged" }
      }
      return whole ? fault : "not a protocol buffer"
    }
  }

  static func fault(inTable table: UnsafeRawBufferPointer) -> String? {
    let damaged = "its character table is damaged"
    guard table.count > 4 else { return damaged }
    let trieBytes = Int(word(table, 0))
    let strings = table.count - 4 - trieBytes
    guard trieBytes > 0, trieBytes % 1024 == 0, strings > 0, table[table.count - 1] == 0 else {
      return damaged
    }
    let units = trieBytes / 4
    for index in 0..<units {
      let unit = word(table, 1 + index)
      // A unit with the highest bit set is a value: it equals no label, so nothing continues from
      // it.
      if index > 0, unit >> 31 == 1 { continue }
      let next = index ^ Int(((unit & 0x7FFF_FFFF) >> 10) << ((unit & 0x200) >> 6))
      guard next < units else { return damaged }
      let hasValue = unit & 0x100 != 0
      if hasValue, Int(word(table, 1 + next) & 0x7FFF_FFFF) >= strings { return damaged }
    }
    return nil
  }

  private static func word(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> UInt32 {
    UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
  }
}

/// The length-delimited fields of a protocol buffer message.
private struct Message {
  let bytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// Calls `body` with each such field; returns false if the bytes are not a message.
  func forEach(_ body: (UInt64, UnsafeRawBufferPointer) -> Void) -> Bool {
    var position = 0
    while position < bytes.count {
      guard let tag = number(&position) else { return false }
      switch tag & 7 {
      case 0:
        guard number(&position) != nil else { return false }
      case 1, 5:
        let size = tag & 7 == 1 ? 8 : 4
        guard size <= bytes.count - position else { return false }
        position += size
      case 2:
        guard let size = number(&position), size <= UInt64(bytes.count - position) else {
          return false
        }
        body(tag >> 3, UnsafeRawBufferPointer(rebasing: bytes[position..<position + Int(size)]))
        position += Int(size)
      default:
        return false
      }
    }
    return true
  }

  private func number(_ position: inout Int) -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard position < bytes.count else { return nil }
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }
}
