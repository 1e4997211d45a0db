import ArgumentParser
import Foundation
import Packing
import Records

struct Pack: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turns pictures and their texts into a dataset of .tar.zst shards.",
    discussion: """
      INPUT is one of
        a folder: pictures (.jpg .png .webp), also in folders inside it, each
          with a .txt (the caption, whole) or a .json of the same stem beside it;
        a .jsonl: a line each of {"file": "a/1.jpg", "caption": "…",
          "captions": ["…"], "labels": ["…"], "cls": 3, "tokens": [2, 9, 3]};
          only "file" must be there, other keys are kept in KEY.json;
        a .tsv: columns divided by tabs, found by customary names (file,
          filepath, image, path; caption, title, text; labels, divided by
          commas; cls) or by the options below.
      Paths are relative to the input's folder or --root and stay inside it.

      EXAMPLES
        coca-shard pack pictures --to data/stamps
        coca-shard pack emoji.jsonl --root images --to data/emoji --seed 1
        coca-shard pack alt.tsv --to data/web --no-header \\
          --image-column 2 --caption-column 1 --max-side 512

      Files are stored as they are; a picture's kind is told by its content. A \
      row or picture that cannot be packed is named on standard error, counted \
      and left out; the command still ends with 0 unless nothing is left. Of a \
      picture only the header is checked here.

      Samples keep the input's order unless --seed is given. Training shuffles \
      shards, frames and samples by itself; give a seed if the input is sorted \
      (by class, say) and readers that mix only neighbours will use the shards. \
      It takes about 40 bytes of memory a row.

      A packer that was stopped goes on when it is run again with the same \
      options. Several machines share an input by --part 0/8 … 7/8 into one \
      folder; `coca-shard index` then finishes it.
      """)

  @Argument(help: "A folder, a .jsonl or a .tsv.", completion: .file())
  var input: String

  @Option(help: "The dataset's folder; its name begins the shards' names.")
  var to: String

  @Option(help: "folder, jsonl or tsv; without it told by the input's name.")
  var format: InputFormat?

  @Option(help: "The folder that paths in a jsonl or tsv are relative to.")
  var root: String?

  @Option(help: "A part of the input by name; no format here has any.")
  var split: String?

  @Flag(help: "The tsv has no header line; columns are numbers from 1.")
  var noHeader = false

  @Option(help: "The tsv's column of paths (name, or number with --no-header; then 1).")
  var imageColumn: String?

  @Option(help: "The tsv's column of captions (with --no-header: 2).")
  var captionColumn: String?

  @Option(help: "The tsv's column of labels, divided by commas.")
  var labelsColumn: String?

  @Option(help: "Compressed size at which a shard is closed: 256MiB, 1GB, ….")
  var shardSize: ByteSize = .mebibytes(256)

  @Option(help: "Size at which a frame, the unit of reading, is closed.")
  var frameSize: ByteSize = .mebibytes(1)

  @Option(help: "zstd's level, 1 to 22. Pictures are compressed already: higher gains little.")
  var level: Int32 = 3

  @Option(help: "Decode pictures with a longer side and store them this large (JPEG, else PNG).")
  var maxSide: Int?

  @Option(help: "Shuffle the rows by this seed.")
  var seed: UInt64?

  @Option(help: "Take the first so many rows only (of the shuffled ones with --seed).")
  var limit: Int?

  @Option(help: "Threads that read and compress; any number gives the same bytes.")
  var jobs: Int = ProcessInfo.processInfo.activeProcessorCount

  @Option(help: "I/N: take every row whose number leaves I when divided by N.")
  var part: PackSettings.Part?

  func run() throws {
    var reporter = PackReporter()
    var packer = try Packer(settings())
    let (counts, index) = try packer.run { reporter.tell($0) }
    reporter.finish()
    if counts.continued > 0 {
      Failure.tell("continued after \(counts.continued) samples that were there")
    }
    var output = Output()
    try output.line(
      "\(to): \(index.samples) samples, \(index.shards.count) shards, \(index.bytes.byteText), "
        + "\(counts.skipped) skipped")
    try output.flush()
  }

  private func settings() throws -> PackSettings {
    if split != nil { throw PackingError("--split", .setting("no format here has splits")) }
    var settings = PackSettings(
      input: URL(fileURLWithPath: input), directory: URL(fileURLWithPath: to))
    settings.format = format
    settings.root = root.map { URL(fileURLWithPath: $0) }
    settings.imageColumn = imageColumn
    settings.captionColumn = captionColumn
    settings.labelsColumn = labelsColumn
    settings.hasHeader = !noHeader
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
