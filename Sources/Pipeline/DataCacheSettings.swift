import Records
import RunFile

/// The `data_cache:` section of a run file: copies of shards on each machine.
public struct DataCacheSettings: Section {
  public var folder = ""
  public var limit = ByteSize.mebibytes(1)

  public init() {}

  public static let keys: [Key<Self>] = [
    Key("folder", \.folder, .path, required: true, """
      a folder on a disk of the machine; all ranks on the machine share it, and so may several runs
      """),
    Key("limit", \.limit, .byteSize, required: true, """
      the most bytes of all copies together; the least recently used ones are removed first
      """),
  ]
}

extension Kind where Value == ByteSize {
  fileprivate static var byteSize: Kind {
    Kind(
      "a size such as 100GiB", type: "size, such as 100GiB",
      read: { reading throws(ConfigurationError) in
        guard let size = ByteSize(try Kind<String>.text.read(reading)) else {
          throw reading.unexpected("a size such as 100GiB")
        }
        return size
      }, write: { .text("\($0)") })
  }
}
