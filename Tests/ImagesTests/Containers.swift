/// An EXIF segment with one orientation entry, put behind a JPEG's first marker.
func withOrientation(_ value: UInt16, _ jpeg: [UInt8], littleEndian: Bool) -> [UInt8] {
  func number(_ value: Int, _ bytes: Int) -> [UInt8] {
    let little = (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    return littleEndian ? little : little.reversed()
  }
  let header = Array((littleEndian ? "II" : "MM").utf8) + number(42, 2) + number(8, 4)
  let other = number(0x0100, 2) + number(4, 2) + number(1, 4) + number(99, 4)
  let entry =
    number(0x0112, 2) + number(3, 2) + number(1, 4) + number(Int(value), 2) + [0, 0]
  let body = Array("Exif\0\0".utf8) + header + number(2, 2) + other + entry + number(0, 4)
  let length = body.count + 2
  let segment = [0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 255)] + body
  return Array(jpeg[..<2]) + segment + Array(jpeg[2...])
}

private func little(_ value: Int, _ bytes: Int) -> [UInt8] {
  (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

private func chunk(_ name: String, _ body: [UInt8]) -> [UInt8] {
  Array(name.utf8) + little(body.count, 4) + body + (body.count % 2 == 1 ? [0] : [])
}

/// An animated WebP of still ones, whose frames all lie at (`left`, `top`), even numbers.
func animated(
  _ stills: [[UInt8]], frame: (width: Int, height: Int), canvas: (width: Int, height: Int),
  left: Int = 0, top: Int = 0
) -> [UInt8] {
  let extended =
    [UInt8(0x12), 0, 0, 0] + little(canvas.width - 1, 3) + little(canvas.height - 1, 3)
  var body = chunk("VP8X", extended) + chunk("ANIM", [0, 0, 0, 0, 0, 0])
  for still in stills {
    let place = little(left / 2, 3) + little(top / 2, 3)
    let size = little(frame.width - 1, 3) + little(frame.height - 1, 3)
    body += chunk("ANMF", place + size + little(100, 3) + [0] + still[12...])
  }
  return Array("RIFF".utf8) + little(body.count + 4, 4) + Array("WEBP".utf8) + body
}

/// A PNG chunk with its checksum.
func pngChunk(_ name: String, _ body: [UInt8]) -> [UInt8] {
  func big(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
  }
  let named = Array(name.utf8) + body
  var crc = UInt32.max
  for byte in named {
    crc ^= UInt32(byte)
    for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
  }
  return big(UInt32(body.count)) + named + big(~crc)
}

/// A whole PNG that claims a size and holds next to nothing.
func pngClaiming(_ width: UInt32, _ height: UInt32) -> [UInt8] {
  func big(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
  }
  return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    + pngChunk("IHDR", big(width) + big(height) + [8, 6, 0, 0, 0])
    + pngChunk("IDAT", [0x78, 0x9C, 0x03, 0, 0, 0, 0, 1]) + pngChunk("IEND", [])
}
