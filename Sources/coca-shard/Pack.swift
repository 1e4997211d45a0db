import ArgumentParser
import Foundation
import Packing
import Records

struct Pack: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turns pictures and their texts into a dataset of .tar.zst shards.",
    discussion: """
      INPUT is one of these; give --format where the name does not tell which:
        folder: pictures (.jpg .png .webp .gif), also in folders inside it, each with
          a .txt (the caption, whole) or a .json of the same stem beside it;
        jsonl: lines, each one {"file": "a/1.jpg", "caption": "…",
          "captions": ["…"], "labels": ["…"], "cls": 3, "tokens": [2, 9, 3]};
          only "file" is required, other keys are kept in KEY.json;
        csv, tsv: columns found by their usual names (file, filepath, image,
          path; caption, title, text; labels, separated by commas; cls) or by
          the options below; others are kept in KEY.json. A csv may have quotes,
          and commas, tabs or semicolons between its columns; a tsv has no
          quotes;
        webdataset: a .tar, .tar.gz, .tgz or .tar.zst of KEY.jpg, KEY.txt,
          KEY.json, KEY.cls, or a folder of such, as img2dataset writes;
        coco: a .json of COCO's captions or instances (names of categories
          become labels), or Karpathy's of a split. All captions are kept;
        imagefolder: a folder for each class; KEY.cls counts them in the order
          of their names, classes.txt has the names.

      Paths are relative to the input's folder or --root and stay inside it.

      EXAMPLES
        coca-shard pack pictures --to data/stamps
        coca-shard pack emoji.jsonl --root images --to data/emoji --seed 1
        coca-shard pack alt.tsv --to data/web --no-header \\
          --image-column 2 --caption-column 1 --max-side 512
        coca-shard pack annotations/captions_train2017.json \\
          --root train2017 --to data/coco
        coca-shard pack dataset_coco.json --split train,restval --to data/karpathy
        coca-shard pack imagenet/train --format imagefolder \\
          --names LOC_synset_mapping.txt --to data/imagenet --seed 1
        coca-shard pack laion --to data/clean --min-side 200 --max-aspect 3 \\
          --min-words 3 --max-words 20 --max-shared 10 --duplicates near \\
          --against data/coco-test

      Files are stored as they are; a picture's format is recognised by its content. A row or \
      picture that cannot be packed is counted and left out; three of each reason are named on \
      standard error, with --verbose all of them. The command still exits with 0 unless nothing is \
      left. Only the headers of pictures are checked here.

      Samples keep the input's order unless --seed is given. Training shuffles shards, frames \
      and samples itself. Give a seed if the input is sorted (for example by class) and the \
      shards will be read by programs that shuffle only neighbours. It takes about 40 bytes of \
      memory a row.

      What --min-side to --against drop is counted by rule and reported at the end. Texts are \
      dropped one by one; a sample is dropped when it has no text, labels or tokens left.

      A packer that was stopped continues when it is run again with the same options. Several \
      machines can share an input with --part 0/8 … 7/8 and one folder; `coca-shard index` then \
      makes the index. Each archive goes to one part as a whole.
      """)

  @Argument(help: "A folder or a file.", completion: .file())
  var input: String

  @Argument(help: .hidden)
  var others: [String] = []

  @Option(help: "The dataset's folder; shards' names begin with its name.")
  var to: String

  @Option(help: "The format of INPUT (default: guessed from its name).")
  var format: InputFormat?

  @Option(help: "The folder that paths in the input are relative to.")
  var root: String?

  @Option(help: "For Karpathy's files: the splits to take, separated by commas.")
  var split: String?

  @Option(help: ArgumentHelp("""
    A file of lines `LABEL name, synonym`, such as ImageNet's LOC_synset_mapping.txt, for labels \
    and an imagefolder's classes; else a class has its folder's name, with spaces for underscores.
    """))
  var names: String?

  @Option(help: "A file of lines `LABEL PARENT`; labels become `animal > bird > wren`.")
  var parents: String?

  @Flag(help: "The csv or tsv has no header line; columns are numbers from 1.")
  var noHeader = false

  @Flag(help: "Read pictures and texts also where a link leads out of the root.")
  var followLinks = false

  @Option(help: "The column or key of paths (with --no-header a number; default 1).")
  var imageColumn: String?

  @Option(help: "The column or key of captions, also in KEY.json (with --no-header default 2).")
  var captionColumn: String?

  @Option(help: "The column or key of labels: a list, or separated by commas.")
  var labelsColumn: String?

  @Option(help: "Compressed size at which a shard is closed, such as 256MiB or 1GB.")
  var shardSize: ByteSize = .mebibytes(256)

  @Option(help: "Size at which a frame, the unit of reading, is closed.")
  var frameSize: ByteSize = .mebibytes(1)

  @Option(help: "zstd's level, 1 to 22. Pictures are compressed already: higher gains little.")
  var level: Int32 = 3

  @Option(help: "Decode pictures with a longer side and store them this large (JPEG, else PNG).")
  var maxSide: Int?

  @OptionGroup(title: "Filters")
  var filters: FilterOptions

  @Option(help: "Shuffle the rows with this seed (archives are never shuffled).")
  var seed: UInt64?

  @Option(help: "Take only so many rows, the first ones (after shuffling).")
  var limit: Int?

  @Option(help: "Threads that read and compress; any number gives the same bytes.")
  var jobs: Int = ProcessInfo.processInfo.activeProcessorCount

  @Flag(help: "Name every row that is left out, not three of each reason.")
  var verbose = false

  @Option(help: "I/N: take every row whose number modulo N is I.")
  var part: PackSettings.Part?

  func validate() throws { try refuseEmpty(to, "--to") }

  func run() throws {
    guard others.isEmpty else {
      throw PackingError("\(input), \(others[0])", .severalInputs)
    }
    var reporter = PackReporter(namesAll: verbose)
    var packer = try Packer(settings())
    let result = Result { try packer.run { reporter.tell($0) } }
    reporter.finish()
    let (counts, index) = try result.get()
    if counts.continued > 0 {
      let packed = counts.continued.counted("sample")
      Failure.tell("continued behind \(packed) of an earlier run")
    }
    var parts = [
      index.samples.counted("sample"), index.shards.count.counted("shard"), index.bytes.byteText,
      "\(counts.skipped) skipped",
    ]
    if counts.renamed > 0 { parts.append("\(counts.renamed) renamed") }
    if counts.textless > 0 { parts.append("\(counts.textless) without text") }
    if counts.dropped.samples > 0 { parts.append("\(counts.dropped.samples) dropped") }
    var output = Output()
    try output.line("\(to): " + parts.joined(separator: ", "))
    try output.flush()
  }

  private func settings() throws -> PackSettings {
    var settings = PackSettings(
      input: URL(fileURLWithPath: input), directory: URL(fileURLWithPath: to))
    settings.format = format
    settings.root = root.map { URL(fileURLWithPath: $0) }
    settings.split = split
    settings.names = names.map { URL(fileURLWithPath: $0) }
    settings.parents = parents.map { URL(fileURLWithPath: $0) }
    settings.filters = filters.filters
    settings.against = filters.against.map { URL(fileURLWithPath: $0) }
    settings.imageColumn = imageColumn
    settings.captionColumn = captionColumn
    settings.labelsColumn = labelsColumn
    settings.hasHeader = !noHeader
    settings.followsLinks = followLinks
    settings.shardBytes = shardSize.bytes
    settings.frameBytes = frameSize.bytes
    settings.level = level
    settings.maximumSide = maxSide
    settings.seed = seed
    settings.limit = limit
    settings.jobs = jobs
    settings.part = part
    return settings
  }
}

extension InputFormat: ExpressibleByArgument {}

extension ByteSize: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }

  public var defaultValueDescription: String { description }
}

extension PackSettings.Part: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}
