/// Finds the elements of the arrays in a file's JSON object, without loading the file: every image
/// and every annotation of `{"images": [{…}, {…}], "annotations": […]}`.
///
/// It only looks for strings and brackets; whoever reads an element parses it.
struct JSONElements {
  struct Element: Sendable, Equatable {
    var offset: Int
    var count: Int
  }

  static let maximumElementBytes = 16 << 20
  private static let nameBytes = 256

  private let file: InputFile
  private var chunk: [UInt8] = []
  private var chunkOffset = 0
  private var position = 0
  /// How many brackets are open.
  private var depth = 0
  /// The last string at the top level, which names the array that follows.
  private var name: [UInt8] = []
  private var array = ""

  init(file: InputFile) { self.file = file }

  /// The next element with its array's name; nil after the object's end.
  /// - Throws: `PackingError` where the file is not an object (`noAnnotations`) or cut off (`row`).
  mutating func next() throws(PackingError) -> (array: String, element: Element)? {
    var start: Int?
    while let (byte, offset) = try take() {
      switch byte {
      case 0x22:
        if depth == 2, start == nil { start = offset }
        try passString()
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        guard depth > 0 || byte == UInt8(ascii: "{") else { throw noObject }
        let isArray = byte == UInt8(ascii: "[")
        if depth == 1 { array = isArray ? String(decoding: name, as: UTF8.self) : "" }
        if depth == 2, start == nil { start = offset }
        depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        if depth == 0 { return nil }
        if depth == 1, let start { return (array, Element(offset: start, count: offset - start)) }
      case UInt8(ascii: ",") where depth == 2:
        if let start { return (array, Element(offset: start, count: offset - start)) }
      case 0x09, 0x0A, 0x0D, 0x20, 0x3A, 0x2C: break
      default:
        guard depth > 0 else { throw noObject }
        if depth == 2, start == nil { start = offset }
      }
    }
    throw depth == 0 ? noObject : cutOff
  }

  private var noObject: PackingError {
    PackingError(file.path, .noAnnotations(byte: chunkOffset + position))
  }

  private var cutOff: PackingError {
    PackingError(file.path, .row("it is cut off at byte \(chunkOffset + position)"))
  }

  /// Skips a string up to its closing quote; keeps it if it is a name at the top level.
  private mutating func passString() throws(PackingError) {
    if depth == 1 { name = [] }
    while let (byte, _) = try take() {
      if byte == 0x22 { return }
      if byte == 0x5C { _ = try take() }
      if depth == 1, name.count < Self.nameBytes { name.append(byte) }
    }
    throw cutOff
  }

  private mutating func take() throws(PackingError) -> (byte: UInt8, offset: Int)? {
    if position == chunk.count {
      chunkOffset += chunk.count
      chunk = try file.read(at: chunkOffset, count: 1 << 20)
      position = 0
      if chunk.isEmpty { return nil }
    }
    position += 1
    return (chunk[position - 1], chunkOffset + position - 1)
  }
}
