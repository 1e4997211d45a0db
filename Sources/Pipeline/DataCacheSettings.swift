import Records
import RunFile

/// What a run file says of copies of shards on each machine.
public struct DataCacheSettings: Section {
  public var folder = ""
  public var limit = ByteSize.mebibytes(1)

  public init() {}

  public static let keys: [Key<Self>] = [
    Key("folder", \.folder, .path, required: true, """
      on a disk of the machine; its ranks share it, and runs may keep and share it
      """),
    Key("limit", \.limit, .byteSize, required: true, """
      of all copies together; the least recently used give way
      """),
  ]
}

extension Kind where Value == ByteSize {
  fileprivate static var byteSize: Kind {
    Kind(
      "a size as 100GiB", type: "size, as 100GiB",
      read: { reading throws(ConfigurationError) in
        guard let size = ByteSize(try Kind<String>.text.read(reading)) else {
          throw reading.unexpected("a size as 100GiB")
        }
        return size
      }, write: { .text("\($0)") })
  }
}
