import Images

/// Small pictures that differ by `shade`.
enum TestPicture {
  static func png(_ shade: Int, width: Int = 3, height: Int = 2) throws -> [UInt8] {
    try ImageEncoder.png(picture(shade, width, height))
  }

  static func jpeg(_ shade: Int, width: Int = 3, height: Int = 2) throws -> [UInt8] {
    try ImageEncoder.jpeg(picture(shade, width, height))
  }

  private static func picture(_ shade: Int, _ width: Int, _ height: Int) -> Picture {
    let count = width * height * 3
    return Picture(
      width: width, height: height,
      pixels: (0..<count).map { UInt8(truncatingIfNeeded: shade * 37 + $0) })
  }
}
