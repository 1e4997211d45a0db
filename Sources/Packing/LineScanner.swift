/// Finds the lines of a file, one after another, without keeping them.
struct LineScanner {
  /// Where a line is, without its newline.
  struct Line: Sendable, Equatable {
    var number: Int
    var offset: Int
    var count: Int
  }

  /// Longer lines cannot be rows.
  static let maximumLineBytes = 16 << 20
  private static let chunkBytes = 1 << 20

  let file: InputFile
  private var chunk: [UInt8] = []
  private var chunkOffset = 0
  private var position = 0
  private var number = 0

  init(file: InputFile) { self.file = file }

  /// How many bytes of the file have been read.
  var offset: Int { chunkOffset + position }

  var fraction: Double? { file.bytes > 0 ? Double(offset) / Double(file.bytes) : nil }

  /// The next line that is not empty; lines are numbered from 1.
  mutating func next() throws(PackingError) -> Line? {
    while let line = try nextOfAny() {
      if line.count > 0 { return line }
    }
    return nil
  }

  /// The next line, empty ones too.
  mutating func nextOfAny() throws(PackingError) -> Line? {
    let start = offset
    number += 1
    while true {
      if position == chunk.count {
        chunkOffset += chunk.count
        chunk = try file.read(at: chunkOffset, count: Self.chunkBytes)
        position = 0
        if chunk.isEmpty {
          return offset > start ? Line(number: number, offset: start, count: offset - start) : nil
        }
      }
      guard let newline = chunk[position...].firstIndex(of: 0x0A) else {
        position = chunk.count
        continue
      }
      position = newline + 1
      return Line(number: number, offset: start, count: offset - 1 - start)
    }
  }
}

extension InputFile {
  /// A line's bytes without carriage return and byte order mark.
  func bytes(_ line: LineScanner.Line) throws(PackingError) -> [UInt8] {
    let limit = LineScanner.maximumLineBytes
    guard line.count <= limit else {
      throw PackingError(path, .tooLarge(what: "the line", bytes: line.count, limit: limit))
    }
    var bytes = try read(at: line.offset, count: line.count)
    if bytes.last == 0x0D { bytes.removeLast() }
    if line.offset == 0, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    return bytes
  }

  /// A line's text without carriage return and byte order mark.
  func text(_ line: LineScanner.Line) throws(PackingError) -> String {
    guard let text = String(validating: try bytes(line), as: UTF8.self) else {
      throw PackingError(path, .row("the line is not UTF-8"))
    }
    return text
  }
}
