import ArgumentParser
import Collectives
import Evaluation
import Foundation
import Records

struct Embed: EvaluationCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes the embeddings of pictures and texts, of length 1, into a safetensors file.",
    discussion: """
      image [N, joint], text [M, joint], text_image [M]: the row of each text's picture; "keys"
      in the metadata is a JSON list of the N keys. Every rank holds all of it in memory.

      EXAMPLE
        coca-eval embed runs/demo --records data/flickr --to flickr.safetensors
      """)

  static let needs: Set<ModelPart> = [.embeddings]
  static let user = "embed"

  @OptionGroup var shared: SharedOptions

  @Option(help: "A folder of records.", completion: .directory)
  var records: String

  @Option(help: "The file to write.", completion: .file())
  var to: String

  func validate() throws {
    if to.isEmpty { throw ValidationError("--to is empty. Name a file.") }
  }

  func answer(_ evaluator: Evaluator, over ranks: any Communicator) throws -> String {
    // A file that cannot be written is reported before the work, not after it.
    try together(ranks) { try checkTarget() }
    let embedded = try evaluator.embeddings(
      records: try openRecords(records, over: ranks), limit: shared.limit)
    try together(ranks) {
      if ranks.rank == 0 { try embedded.write(to: URL(fileURLWithPath: to)) }
    }
    return TextTable([
      ("pictures", ["\(embedded.keys.count)"]),
      ("texts", ["\(embedded.textImage.count)"]),
      ("dimensions", ["\(embedded.images.width)"]),
    ]).text
  }

  private func checkTarget() throws {
    let file = URL(fileURLWithPath: to), folder = file.deletingLastPathComponent()
    if file.isFolder {
      throw Failure("\(to): is a folder. Name a file", exitCode: ExitCode.usage)
    }
    guard folder.isFolder else {
      throw Failure(
        "\(to): there is no folder \(folder.path). Make it first", exitCode: ExitCode.usage)
    }
  }
}
