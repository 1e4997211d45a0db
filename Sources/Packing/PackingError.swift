import Images
import Records

/// Why an input, a row of it or its picture could not be packed.
public struct PackingError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Reason: Sendable, Equatable {
    /// The system refused; the text is its own.
    case unreadable(String), unwritable(String)
    /// The machine failed while a file was read: nothing is wrong with the file itself.
    case fault(String)
    case missing
    case notAFile, notAFolder
    case tooLarge(what: String, bytes: Int, limit: Int)
    /// The format cannot be guessed from the input's name.
    case unknownFormat
    /// An option that the format does not use.
    case noUse(option: String, format: String)
    case setting(String)
    case columnMissing(option: String, wanted: String, header: [String])
    /// No image of the file has this split; the file has those.
    case noSplit(String, [String])
    /// A folder without a folder for each class.
    case noClasses
    case finished
    case otherShards(String)
    /// An earlier packer had other settings.
    case otherSettings
    /// The existing shards do not belong to this input.
    case notContinued(sample: Int, key: String)
    case nothing(rows: Int)
    /// The filters left none of the rows.
    case allDropped(rows: Int)
    /// No picture of a folder has a text; whether the folder has folders in it, as classes have.
    case noTexts(pictures: Int, hasFolders: Bool)
    /// Two inputs or more, or a pattern for several.
    case severalInputs
    /// Samples that training cannot use, and the keys that hold texts in the first of them.
    case textless(samples: Int, others: [String])
    /// The file should hold annotations but begins with something else.
    case noAnnotations(byte: Int)

    /// A row that does not follow its format; the text says why.
    case row(String)
    case climbs(String)
    case outside(String, root: String)
    /// A link leads to a file outside of the input's folder.
    case linkedOut
    case noText
    case picture(String)
    case refused(String)
  }

  /// A file, a line of a file, or an option.
  public var place: String
  public var reason: Reason

  public init(_ place: String, _ reason: Reason) {
    self.place = place
    self.reason = reason
  }

  public var description: String {
    let remedy = reason.remedy
    let text = "\(place): \(reason.text)" + (remedy.isEmpty ? "" : ". \(remedy)")
    return text.onOneLine
  }

  /// The exit code of a command: 64 usage, 65 bad data, 74 input or output.
  public var exitCode: Int32 {
    switch reason {
    case .unreadable, .unwritable, .fault, .missing: 74
    case .unknownFormat, .noUse, .setting, .columnMissing, .noSplit, .noClasses, .finished,
      .otherShards, .otherSettings, .severalInputs: 64
    default: 65
    }
  }
}

extension String {
  /// With spaces for line breaks and control characters.
  var onOneLine: String {
    String(String.UnicodeScalarView(unicodeScalars.map {
      $0.properties.generalCategory == .control || $0.properties.isPatternWhitespace ? " " : $0
    }))
  }
}

extension PackingError.Reason {
  var text: String {
    switch self {
    case .unreadable(let why): "cannot be read (\(why))"
    case .unwritable(let why): "cannot be written (\(why))"
    case .fault(let why): "the machine failed to read it (\(why))"
    case .missing: "there is no such file or folder"
    case .notAFile: "is not a plain file"
    case .notAFolder: "is not a folder"
    case .tooLarge(let what, let bytes, let limit):
      "\(what) of \(bytes) bytes is above the limit of \(limit)"
    case .unknownFormat: "the format cannot be told from the name"
    case .noUse(let option, let format): "the format \(format) does not use \(option)"
    case .setting(let why): why
    case .columnMissing(let option, let wanted, let header):
      "no column \(wanted) for \(option) among: \(header.joined(separator: ", "))"
    case .noSplit(let name, let all):
      "no image of the split `\(name)`, but these splits are there: \(all.joined(separator: ", "))"
    case .noClasses: "no folders in it, one for each class"
    case .finished: "it holds a finished dataset already (\(RecordIndex.fileName))"
    case .otherShards(let file): "it holds shards of another dataset already (\(file))"
    case .otherSettings: "its shards were packed with other options"
    case .notContinued(let sample, let key):
      "its shards end with \(key), which is not sample \(sample) of this input"
    case .nothing(0): "there are no rows"
    case .nothing(let rows): "none of \(rows) rows could be packed"
    case .allDropped(let rows): "the filters leave none of \(rows.counted("row"))"
    case .noTexts(let pictures, _):
      "none of \(pictures) pictures has a .txt or .json of the same name beside it"
    case .severalInputs: "several inputs, but pack takes one"
    case .textless(let samples, _):
      "\(samples.counted("sample has", "samples have")) no caption, labels or tokens, "
        + "so training cannot use them"
    case .noAnnotations(let byte): "no JSON object at byte \(byte)"
    case .row(let why), .picture(let why), .refused(let why): why
    case .climbs(let path): "\(path) climbs out of the root"
    case .outside(let path, let root): "\(path) is not inside the root \(root)"
    case .linkedOut: "a link leads out of the root, which only --follow-links allows"
    case .noText: "no .txt or .json of the same name beside the picture"
    }
  }

  var remedy: String {
    switch self {
    case .unreadable, .missing, .notAFile, .notAFolder: "Check the path and its permissions."
    case .unwritable: "Check the folder, its permissions and the space left."
    case .fault: "Look at the disk and at `ulimit -a`; the same command then goes on."
    case .unknownFormat:
      "Name it with --format: "
        + InputFormat.allCases.map(\.rawValue).joined(separator: ", ") + "."
    case .noUse: "Leave it out."
    case .setting: "`coca-shard pack --help` has examples."
    case .columnMissing(let option, _, _):
      "Name the column with \(option); without a header line give --no-header and numbers from 1."
    case .noSplit: "Name some of them with --split, separated by commas, or leave it out."
    case .noClasses: "Without classes give --format folder."
    case .finished: "Choose another --to, or remove that folder to pack anew."
    case .otherShards: "Choose an empty folder for --to."
    case .notContinued, .otherSettings:
      "To continue, give the same input and options as before; otherwise remove the folder."
    case .nothing(0):
      "A folder holds .jpg, .png, .webp or .gif files with texts beside them, a file holds a row "
        + "a line, a tar holds KEY.jpg, KEY.txt and KEY.json."
    case .nothing: "See the reasons above; --root says where relative paths begin."
    case .allDropped: "The line above says which filter drops how many: loosen it."
    case .noTexts(_, true):
      "If folders are classes, pack the folder that holds them with --format imagefolder, and train "
        + "with `text: labels`. " + Self.givingTexts
    case .noTexts(_, false): Self.givingTexts
    case .severalInputs:
      "Give the folder that holds the tars, or pack each input into a folder of its own: `records` "
        + "in the run file takes a list of them."
    case .textless(_, let others) where others.isEmpty:
      "Name what holds captions with --caption-column, or labels with --labels-column; empty texts "
        + "count as none."
    case .textless(_, let others):
      "There are texts under \(Self.list(others)): pack anew with --caption-column and one of "
        + "these, or name it in the run file, `text: {KEY: 1}`."
    case .noAnnotations:
      "A .json is COCO's annotations or Karpathy's. Write a list as .jsonl, a row a line: "
        + "jq -c '.[]' FILE.json > FILE.jsonl"
    case .tooLarge, .row, .climbs, .outside, .linkedOut, .noText, .picture, .refused: ""
    }
  }

  private static let givingTexts =
    "If they have texts elsewhere, give a jsonl or csv, a row a picture."

  private static func list(_ keys: [String]) -> String {
    keys.prefix(8).map { "`\($0.prefix(40))`" }.joined(separator: ", ")
  }
}
