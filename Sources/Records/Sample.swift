/// One training sample: a key and its fields, each a tar member `KEY.suffix`.
public struct Sample: Sendable, Equatable {
  /// The relative path of the sample, without extension and without dots in its last part.
  public var key: String
  /// In the order of the members in the shard.
  public var fields: [Field]

  public init(key: String, fields: [Field]) {
    self.key = key
    self.fields = fields
  }

  /// The bytes of the member `KEY.suffix`; nil if there is none.
  public func bytes(_ suffix: String) -> [UInt8]? {
    fields.first { $0.suffix == suffix }?.bytes
  }

  /// The first field that is a picture: `jpg`, `jpeg`, `png` or `webp`.
  public var image: Field? {
    fields.first { ["jpg", "jpeg", "png", "webp", "gif"].contains($0.suffix) }
  }
}

/// One member of a sample: the part of its name after the key's dot, and its bytes.
public struct Field: Sendable, Equatable {
  /// Lower case, as WebDataset reads it: `jpg`, `txt`, `seg.png`.
  public var suffix: String
  public var bytes: [UInt8]

  public init(suffix: String, bytes: [UInt8]) {
    self.suffix = suffix
    self.bytes = bytes
  }
}

extension Sample {
  /// Bytes of the sample's tar members, with headers and padding.
  var rawBytes: Int {
    fields.reduce(0) { sum, field in
      let name = TarLayout.name(key: key, suffix: field.suffix)
      return sum + TarLayout.memberBytes(name: name, bytes: field.bytes.count)
    }
  }

  /// Refuses what no shard may have: a bad key, no fields, bad or equal suffixes, too many bytes.
  func check() throws(RecordError.Reason) {
    try RecordKey.check(key)
    guard !fields.isEmpty else { throw .member("a sample without fields") }
    var seen = Set<String>()
    for field in fields {
      try RecordKey.check(suffix: field.suffix)
      guard seen.insert(field.suffix).inserted else {
        throw .member("two fields .\(field.suffix)")
      }
    }
    let bytes = rawBytes
    guard bytes <= RecordLimits.sampleBytes else {
      throw .tooLarge(what: "a sample", bytes: bytes, limit: RecordLimits.sampleBytes)
    }
  }
}
