import CGIF

/// Decodes a GIF: its first frame at its place on a white canvas; what is transparent is white too.
///
/// Rows are decoded one by one into the canvas; what follows the first frame is not read.
struct GIFDecoder {
  let size: (width: Int, height: Int)
  private let bytes: [UInt8]

  init(_ bytes: [UInt8], limits: ImageLimits) throws(ImageError) {
    guard bytes.count >= 10 else { throw ImageError(.truncated) }
    self.bytes = bytes
    size = (Int(bytes[6]) | Int(bytes[7]) << 8, Int(bytes[8]) | Int(bytes[9]) << 8)
    try limits.check(width: size.width, height: size.height)
  }

  func picture() throws(ImageError) -> Picture {
    let pixels = try decoded(bytes, bytes.count)
    return Picture(width: size.width, height: size.height, pixels: pixels)
  }

  private func decoded(
    _ data: UnsafePointer<UInt8>, _ count: Int
  ) throws(ImageError) -> [UInt8] {
    var source = Source(next: data, rest: count)
    return try withUnsafeMutablePointer(to: &source) { source throws(ImageError) in
      var code: Int32 = 0
      guard let file = DGifOpen(source, Source.read, &code) else { throw Self.error(code) }
      defer { DGifCloseFile(file, nil) }
      let transparent = try Self.transparentColor(beforeFrameOf: file)
      try Self.check(DGifGetImageDesc(file), file)
      return try canvas(of: file, transparent: transparent)
    }
  }

  private func canvas(
    of file: UnsafeMutablePointer<GifFileType>, transparent: UInt8?
  ) throws(ImageError) -> [UInt8] {
    let frame = file.pointee.Image
    let (left, top) = (Int(frame.Left), Int(frame.Top))
    let (width, height) = (Int(frame.Width), Int(frame.Height))
    guard width > 0, height > 0 else { throw ImageError(.damaged("a side is zero")) }
    guard left + width <= size.width, top + height <= size.height else {
      throw ImageError(.damaged("a frame outside of the canvas"))
    }
    guard let colors = (frame.ColorMap ?? file.pointee.SColorMap)?.pointee else {
      throw ImageError(.damaged("no colour map"))
    }
    var canvas = [UInt8](repeating: 255, count: size.width * size.height * 3)
    var row = [UInt8](repeating: 0, count: width)
    for y in Self.rows(height, isInterlaced: frame.Interlace) {
      try Self.check(DGifGetLine(file, &row, Int32(width)), file)
      let start = ((top + y) * size.width + left) * 3
      for (x, index) in row.enumerated() where index != transparent {
        guard index < colors.ColorCount else { throw ImageError(.damaged("a colour of no map")) }
        let color = colors.Colors[Int(index)]
        canvas[start + 3 * x] = color.Red
        canvas[start + 3 * x + 1] = color.Green
        canvas[start + 3 * x + 2] = color.Blue
      }
    }
    return canvas
  }

  /// The rows in the order in which they are stored.
  private static func rows(_ height: Int, isInterlaced: Bool) -> [Int] {
    guard isInterlaced else { return Array(0..<height) }
    return [(0, 8), (4, 8), (2, 4), (1, 2)].flatMap { stride(from: $0.0, to: height, by: $0.1) }
  }
}

extension GIFDecoder {
  /// Bytes in memory, in the form in which the library reads them.
  private struct Source {
    var next: UnsafePointer<UInt8>
    var rest: Int

    static let read: InputFunc = { file, target, count in
      guard let target, let source = file?.pointee.UserData?.assumingMemoryBound(to: Source.self)
      else { return 0 }
      let given = min(Int(count), source.pointee.rest)
      target.update(from: source.pointee.next, count: given)
      source.pointee.next += given
      source.pointee.rest -= given
      return Int32(given)
    }
  }

  /// Reads everything before the first frame.
  private static func transparentColor(
    beforeFrameOf file: UnsafeMutablePointer<GifFileType>
  ) throws(ImageError) -> UInt8? {
    var transparent: UInt8?
    while true {
      var kind = UNDEFINED_RECORD_TYPE
      try check(DGifGetRecordType(file, &kind), file)
      if kind == IMAGE_DESC_RECORD_TYPE { return transparent }
      guard kind == EXTENSION_RECORD_TYPE else { throw ImageError(.damaged("no frame")) }
      var function: Int32 = 0
      var block: UnsafeMutablePointer<GifByteType>?
      try check(DGifGetExtension(file, &function, &block), file)
      while let bytes = block {
        // A block begins with its length; then flags, delay and transparent colour.
        if function == GRAPHICS_EXT_FUNC_CODE, bytes[0] >= 4 {
          transparent = bytes[1] & 1 == 1 ? bytes[4] : nil
        }
        try check(DGifGetExtensionNext(file, &block), file)
      }
    }
  }

  private static func check(
    _ result: Int32, _ file: UnsafeMutablePointer<GifFileType>
  ) throws(ImageError) {
    guard result == GIF_OK else { throw error(file.pointee.Error) }
  }

  private static func error(_ code: Int32) -> ImageError {
    switch code {
    case D_GIF_ERR_NO_SCRN_DSCR, D_GIF_ERR_READ_FAILED, D_GIF_ERR_EOF_TOO_SOON:
      return ImageError(.truncated)
    default:
      return ImageError(.damaged(GifErrorString(code).map { String(cString: $0) } ?? "GIF"))
    }
  }
}
