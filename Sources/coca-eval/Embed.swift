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
      the list "texts" in the metadata. Every rank holds all of it in memory.

      EXAMPLES
        coca-eval embed runs/demo --records data/flickr --to flickr.safetensors
        coca-eval embed runs/demo --images cat.jpg pictures --texts lines.txt \\
          --to both.safetensors
      """)

  static let needs: Set<ModelPart> = [.embeddings]
  static let user = "embed"

  @OptionGroup var shared: SharedOptions

  @Option(help: "A folder of records.", completion: .directory)
  var records: String?

  @Option(parsing: .upToNextOption, help: imagesHelp, completion: .file())
  var images: [String] = []

  @Option(help: "A file with one text a line.", completion: .file())
  var texts: String?

  @Option(help: "The file to write.", completion: .file())
  var to: String

  func validate() throws {
    if (records == nil) == (images.isEmpty && texts == nil) {
      throw ValidationError("Give either --records, or --images, --texts or both.")
    }
  }

  func answer(_ evaluator: Evaluator, over ranks: any Communicator) throws -> String {
    let target = try together(ranks) { try Target(to) }
    let embedded = try embeddings(evaluator, over: ranks)
    try together(ranks) {
      if ranks.rank == 0 { try embedded.write(to: target.file) }
    }
    return TextTable([
      ("pictures", ["\(embedded.images.rows)"]),
      ("texts", ["\(embedded.texts.rows)"]),
      ("dimensions", ["\(embedded.images.width)"]),
    ]).text
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
