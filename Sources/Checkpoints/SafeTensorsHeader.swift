import JSON

/// The header of a safetensors file: a length (u64, little-endian), JSON, then the tensors.
///
/// Everything is checked before memory is allocated for it: names differ; a tensor's shape times
/// its element size is the number of its bytes; tensors follow each other without gap or overlap
/// and fill the file to its end.
/// - Source: github.com/huggingface/safetensors, "Format".
struct SafeTensorsHeader {
  /// Enough for some 150,000 tensors.
  static let byteLimit = 16 << 20
  /// Bytes from which other kinds of files are recognised.
  static let startBytes = 64

  let entries: [TensorEntry]
  let metadata: [String: String]

  /// Checks the length field against the limit and the file's size.
  /// - Parameter start: the file's first bytes.
  static func length(
    _ start: [UInt8], fileBytes: Int, place: String
  ) throws(CheckpointError) -> Int {
    let field = start.prefix(8)
    guard field.count == 8 else {
      throw CheckpointError(place, .truncated(expected: 8, found: field.count))
    }
    let value = field.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard value <= UInt64(byteLimit) else {
      throw CheckpointError(place, otherFile(start, headerBytes: value))
    }
    guard Int(value) <= fileBytes - 8 else {
      throw CheckpointError(place, .truncated(expected: 8 + Int(value), found: fileBytes))
    }
    return Int(value)
  }

  /// The error for a file whose first eight bytes cannot be a header's length.
  private static func otherFile(
    _ start: [UInt8], headerBytes: UInt64
  ) -> CheckpointError.Reason {
    if start.starts(with: "version https://git-lfs".utf8) {
      return .unsupported(
        "is a Git LFS pointer, not the weights",
        remedy: "Run `git lfs pull` in its folder, or download the file by itself")
    }
    let isText = start.prefix(8).allSatisfy { (0x20...0x7E).contains($0) || (9...13).contains($0) }
    let header = "a header of \(headerBytes) bytes, above the limit of \(byteLimit)"
    return .unsupported(
      isText ? "is a text file, not weights" : "is no safetensors file, or has \(header)",
      remedy: "Name a file of safetensors or of torch.save, or download it again")
  }

  /// - Parameters:
  ///   - json: the header's bytes, without the length.
  ///   - fileBytes: size of the whole file.
  init(json: [UInt8], fileBytes: Int, place: String) throws(CheckpointError) {
    guard json.first == UInt8(ascii: "{"),
      let members = try JSONReader.read(json, place: place).object
    else { throw CheckpointError(place, .malformed("its header is not a JSON object")) }
    let start = 8 + json.count
    var entries: [TensorEntry] = []
    var metadata: [String: String] = [:]
    for (name, value) in members {
      if name == "__metadata__" {
        metadata = try SafeTensorsHeader.metadata(value, place: place)
      } else {
        entries.append(
          try SafeTensorsHeader.entry(
            name, value, start: start, dataBytes: fileBytes - start, place: place))
      }
    }
    entries.sort { ($0.offset, $0.byteCount, $0.name) < ($1.offset, $1.byteCount, $1.name) }
    var end = start
    for entry in entries {
      guard entry.offset == end else {
        throw CheckpointError(
          place, .malformed("\(entry.name) leaves a gap or overlaps another tensor"))
      }
      end += entry.byteCount
    }
    guard end == fileBytes else {
      throw CheckpointError(place, .truncated(expected: end, found: fileBytes))
    }
    self.entries = entries
    self.metadata = metadata
  }

  private static func metadata(
    _ value: JSONValue, place: String
  ) throws(CheckpointError) -> [String: String] {
    guard let members = value.object else {
      throw CheckpointError(place, .malformed("__metadata__ is not an object"))
    }
    var result: [String: String] = [:]
    for (key, member) in members {
      guard let text = member.string else {
        throw CheckpointError(place, .malformed("__metadata__ holds \(key), which is not a string"))
      }
      result[key] = text
    }
    return result
  }

  private static func entry(
    _ name: String, _ value: JSONValue, start: Int, dataBytes: Int, place: String
  ) throws(CheckpointError) -> TensorEntry {
    guard let members = value.object, members.count == 3,
      let typeName = members["dtype"]?.string,
      let sizes = members["shape"]?.array,
      let offsets = members["data_offsets"]?.array, offsets.count == 2,
      let begin = offsets[0].integer, let end = offsets[1].integer
    else {
      throw CheckpointError(place, .malformed("\(name) lacks dtype, shape or data_offsets"))
    }
    guard let type = ElementType(rawValue: typeName) else {
      throw CheckpointError(place, .wrongType(name: name, found: typeName))
    }
    let shape = sizes.compactMap(\.integer)
    guard shape.count == sizes.count, shape.count <= TensorEntry.rankLimit,
      let count = TensorEntry.count(of: shape)
    else { throw CheckpointError(place, .malformed("\(name) has an impossible shape")) }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: type.size)
    guard !overflow, 0 <= begin, begin <= end, end <= dataBytes, end - begin == bytes else {
      throw CheckpointError(
        place, .malformed("\(name) has data_offsets that do not fit its shape or the file"))
    }
    return TensorEntry(name: name, type: type, shape: shape, count: count, offset: start + begin)
  }
}
