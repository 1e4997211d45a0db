import Foundation

/// What went wrong with a record file: where, what, and what to do about it.
public struct RecordError: Error, Sendable, CustomStringConvertible {
  /// What went wrong, without the place.
  public enum Reason: Error, Sendable, Equatable {
    /// The system refused an operation; `code` is its `errno`.
    case io(operation: String, code: Int32)
    /// The file ends too early.
    case truncated(expected: Int, found: Int)
    /// Something is above a limit of `RecordLimits`.
    case tooLarge(what: String, bytes: Int, limit: Int)
    /// The seek table or the sample counts at the file's end are not those of a shard.
    case table(String)
    /// A shard of another version of the format.
    case version(found: Int, known: Int)
    /// A frame whose header, checksum or size is not as it was written.
    case frame(String)
    /// A tar member that a shard cannot have.
    case member(String)
    /// A frame has another number of samples than its table.
    case count(stated: Int, found: Int)
    /// A key, a suffix or a shard's name that is not allowed.
    case name(String)
    /// Two samples in a row with the same key: they would be read back as one sample.
    case duplicateKey
    /// `index.json` cannot be understood.
    case index(String)
    /// A folder of shards without `index.json`.
    case indexMissing
    /// A folder with neither `index.json` nor shards.
    case noShards
    /// A file where a dataset's folder should be.
    case notAFolder
    /// `index.json` and the shard disagree.
    case disagreement(what: String, index: Int, shard: Int)
    /// `KEY.txt`, `KEY.json` or `KEY.cls` cannot be understood.
    case annotation(String)
    /// The file or folder to be written exists already.
    case exists(String)
    /// Another writer is writing the file.
    case inUse
    /// No sample has this key.
    case keyMissing
    /// A writer's setting outside its range.
    case setting(String)
  }

  public var file: String
  public var frame: Int?
  public var key: String?
  public var reason: Reason

  public init(file: String, frame: Int? = nil, key: String? = nil, reason: Reason) {
    self.file = file
    self.frame = frame
    self.key = key
    self.reason = reason
  }

  /// `file, frame 3, key birds/wren: what. Remedy`, on one line.
  public var description: String {
    "\(place): \(reason.text). \(reason.remedy)".singleLine
  }

  /// The exit code of a command: 64 usage, 65 bad data, 74 input or output.
  public var exitCode: Int32 {
    switch reason {
    case .io, .inUse: 74
    case .setting, .exists: 64
    default: 65
    }
  }

  private var place: String {
    file + (frame.map { ", frame \($0)" } ?? "") + (key.map { ", key \($0)" } ?? "")
  }
}

extension RecordError.Reason {
  var text: String {
    switch self {
    case .io(let operation, let code): "cannot \(operation): \(String(cString: strerror(code)))"
    case .truncated(let expected, let found): "\(expected) bytes expected, \(found) found"
    case .tooLarge(let what, let bytes, let limit):
      "\(what) of \(bytes) bytes is above the limit of \(limit)"
    case .table(let what): "not a whole shard: \(what)"
    case .version(let found, let known):
      "a shard of version \(found), but this program reads \(known)"
    case .frame(let what): "damaged frame: \(what)"
    case .member(let what): "not a tar member of a shard: \(what)"
    case .count(let stated, let found): "\(stated) samples stated, \(found) found"
    case .name(let what), .index(let what), .annotation(let what), .setting(let what): what
    case .duplicateKey: "two samples in a row have this key"
    case .indexMissing: "no index.json here"
    case .noShards: "neither index.json nor shards (NAME-00000.tar.zst) here"
    case .notAFolder: "not a folder"
    case .disagreement(let what, let index, let shard):
      "index.json states \(index) \(what), the shard has \(shard)"
    case .exists(let what): "\(what) exists already"
    case .inUse: "another writer is writing it"
    case .keyMissing: "no sample has this key"
    }
  }

  var remedy: String {
    switch self {
    case .io: "Check the path, its permissions and the space on the disk"
    case .truncated, .table: "Copy the file again, or pack it anew"
    case .version: "Read it with the program that wrote it, or pack it anew"
    case .frame, .member, .count:
      "Copy the shard again, or pack it anew; `coca-shard verify` lists all damage"
    case .tooLarge: "Pack smaller inputs, or leave this one out"
    case .name: "A key is a relative path without dots in its last part; rename the input"
    case .duplicateKey: "Give each sample a key of its own"
    case .index, .disagreement:
      "Copy the folder again, or rebuild the index with `coca-shard index FOLDER`"
    case .indexMissing:
      "If no writer is at work, build it with `coca-shard index FOLDER`"
    case .noShards:
      "Make a dataset of pictures or tars with `coca-shard pack INPUT --to FOLDER`, and name FOLDER"
    case .notAFolder: "Give the dataset's folder, which holds index.json and the shards"
    case .annotation: "Correct the input and pack it anew"
    case .exists: "Choose an empty folder, or remove what is there"
    case .inUse: "Wait for it, or choose another folder"
    case .keyMissing: "`coca-shard list FOLDER` shows the keys"
    case .setting: "Choose a value inside the range"
    }
  }
}

extension String {
  /// The text with control characters shown as `?`, so that an error stays on its line.
  var singleLine: String {
    String(String.UnicodeScalarView(unicodeScalars.map {
      $0.properties.generalCategory == .control ? "?" : $0
    }))
  }
}
