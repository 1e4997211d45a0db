import Images
import JSON
import Records

/// The members of an archive that have the same key, by WebDataset's rule: a member is
/// `KEY.suffix`, and the key ends at the first dot of the last part of its path.
struct ArchivedSample: Sendable, Equatable {
  static let suffixes: [String: Int] = [
    "jpg": ImageLimits.default.maximumBytes, "jpeg": ImageLimits.default.maximumBytes,
    "png": ImageLimits.default.maximumBytes, "webp": ImageLimits.default.maximumBytes,
    "gif": ImageLimits.default.maximumBytes,
    "txt": RecordLimits.textBytes, "json": RecordLimits.jsonBytes, "cls": 64,
  ]

  let archive: String
  let key: String
  private(set) var picture: [UInt8]?
  private(set) var texts: [String: [UInt8]] = [:]
  /// Why the sample cannot be used.
  private(set) var problem: PackingError.Reason?

  init(archive: String, key: String) {
    self.archive = archive
    self.key = key
  }

  var place: String { "\(archive), \(key)" }

  var bytes: Int { (picture?.count ?? 0) + texts.values.reduce(0) { $0 + $1.count } }

  /// Whether it has no member that belongs to a sample.
  var isEmpty: Bool { picture == nil && texts.isEmpty && problem == nil }

  /// Splits `a/b.seg.png` into `a/b` and `seg.png`, in lower case; nil for a hidden file and one
  /// without a dot.
  static func split(_ name: String) -> (key: String, suffix: String)? {
    let bytes = name.utf8
    let start = bytes.lastIndex(of: 0x2F).map { bytes.index(after: $0) } ?? bytes.startIndex
    guard let dot = bytes[start...].firstIndex(of: 0x2E), dot != start else { return nil }
    let suffix = String(decoding: bytes[dot...].dropFirst(), as: UTF8.self)
    return (String(decoding: bytes[..<dot], as: UTF8.self), suffix.lowercased())
  }

  /// Accepts a member, or notes why it makes the sample unusable.
  /// - Returns: whether the member must be read.
  mutating func admits(_ suffix: String, bytes: Int) -> Bool {
    guard let limit = Self.suffixes[suffix] else { return false }
    let isPicture = ImageFormat.suffixes.contains(suffix)
    if isPicture ? picture != nil : texts[suffix] != nil {
      problem = problem ?? .row("two members .\(suffix)")
    } else if bytes > limit {
      problem = problem ?? .tooLarge(what: "the member .\(suffix)", bytes: bytes, limit: limit)
    }
    return problem == nil
  }

  mutating func add(_ suffix: String, _ bytes: [UInt8]) {
    if ImageFormat.suffixes.contains(suffix) { picture = bytes } else { texts[suffix] = bytes }
  }

  mutating func fail(_ reason: PackingError.Reason) {
    (picture, texts, problem) = (nil, [:], problem ?? reason)
  }

  func row(columns: ColumnNames) throws(PackingError.Reason) -> InputRow {
    if let problem { throw problem }
    guard let picture else {
      throw .row(
        "a sample without a picture: members with the same key must follow each other, as "
          + "tar --sort=name writes them")
    }
    var row = InputRow(path: key + ".jpg", picture: .bytes(picture, name: place))
    if let bytes = texts["txt"] {
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw .row("its .txt is not UTF-8")
      }
      row.add(caption: text)
    }
    if let bytes = texts["json"] { try row.take(json: bytes, columns: columns) }
    if let bytes = texts["cls"] {
      let digits = String(decoding: bytes, as: UTF8.self).trimmingSpace
      row.classIndex = try (Int(digits).map { JSONValue.integer($0) } ?? false).classIndex()
    }
    return row
  }
}
