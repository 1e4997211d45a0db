import ArgumentParser
import Collectives
import Evaluation
import Foundation
import Records

struct Embed: EvaluationCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes the embeddings of pictures and texts, of length 1, into a safetensors file.",
    discussion: """
      image [N, joint], text [M, joint]; "keys" in the metadata is a JSON list of the N keys or \
      files. Of records there is also text_image [M], the row of each text's picture; of --texts \
      the list "texts" in the metadata. "model" is the checksum of the model: search and \
      duplicates refuse to mix embeddings of two models.

      Every rank holds a file's embeddings in memory. With --rows-per-file a folder of several \
      files is written, and memory does not grow with the set. --format clip-retrieval writes the \
      folder that clip-retrieval and autofaiss read: arrays of half floats, a picture and its \
      first text a row.

      EXAMPLES
        coca-eval embed runs/demo --records data/flickr --to flickr.safetensors
        coca-eval embed runs/demo --images cat.jpg pictures --texts lines.txt \\
          --to both.safetensors
        coca-eval embed runs/demo --records data/web --rows-per-file 100000 --to web
        coca-eval embed runs/demo --records data/web --format clip-retrieval --to web
      """)

  static let needs: Set<ModelPart> = [.embeddings]
  static let user = "embed"
  private static let rowsPerFile = 100_000

  @OptionGroup var shared: SharedOptions

  @Option(help: "A folder of records.", completion: .directory)
  var records: String?

  @Option(parsing: .upToNextOption, help: imagesHelp, completion: .file())
  var images: [String] = []

  @Option(help: "A file with one text a line.", completion: .file())
  var texts: String?

  @Option(help: "safetensors, clip-retrieval (default: safetensors).")
  var format: EmbeddingsFolder.Format = .safetensors

  @Option(help: "Write a folder of files of so many pictures (of clip-retrieval: 100,000).")
  var rowsPerFile: Int?

  @Option(help: "The file or folder to write.", completion: .file())
  var to: String

  func validate() throws {
    if (records == nil) == (images.isEmpty && texts == nil) {
      throw ValidationError("Give either --records, or --images, --texts or both.")
    }
    try check(rowsPerFile, "--rows-per-file", 1...Int(Int32.max))
    if texts != nil, isFolder {
      throw ValidationError("--texts goes into one file. Leave out --rows-per-file and --format.")
    }
  }

  private var isFolder: Bool { rowsPerFile != nil || format == .clipRetrieval }

  func answer(_ evaluator: Evaluator, over ranks: any Communicator) throws -> String {
    let counts = isFolder
      ? try writeFolder(evaluator, over: ranks) : try writeFile(evaluator, over: ranks)
    return TextTable([
      ("pictures", ["\(counts.pictures)"]), ("texts", ["\(counts.texts)"]),
      ("dimensions", ["\(evaluator.saved.model.configuration.joint)"]),
    ]).text
  }

  private func writeFolder(
    _ evaluator: Evaluator, over ranks: any Communicator
  ) throws -> (pictures: Int, texts: Int) {
    let rows = rowsPerFile ?? Self.rowsPerFile, url = URL(fileURLWithPath: to)
    guard let records else {
      return try evaluator.writeEmbeddings(
        files: try shared.pictures(images, over: ranks), rows: rows, to: url, as: format)
    }
    let isPaired = format == .clipRetrieval
    return try evaluator.writeEmbeddings(
      records: try openRecords(records, over: ranks), limit: shared.limit,
      captions: isPaired ? 1 : nil, needsTexts: isPaired, rows: rows, to: url, as: format)
  }

  private func writeFile(
    _ evaluator: Evaluator, over ranks: any Communicator
  ) throws -> (pictures: Int, texts: Int) {
    let target = try together(ranks) { try Target(to) }
    let embedded = try embeddings(evaluator, over: ranks)
    let model = try evaluator.saved.checksum()
    try together(ranks) {
      if ranks.rank == 0 { try embedded.write(to: target.file, model: model) }
    }
    return (embedded.images.rows, embedded.texts.rows)
  }

  private func embeddings(
    _ evaluator: Evaluator, over ranks: any Communicator
  ) throws -> any NamedEmbeddings {
    if let records {
      return try evaluator.embeddings(
        records: try openRecords(records, over: ranks), limit: shared.limit)
    }
    let lines = try together(ranks) {
      try texts.map { try TextLines(file: URL(fileURLWithPath: $0)).lines } ?? []
    }
    return try evaluator.embeddings(
      files: try shared.pictures(images, over: ranks), texts: lines)
  }
}

extension EmbeddingsFolder.Format: ExpressibleByArgument {}
