import ArgumentParser
import Collectives
import Evaluation
import Foundation
import Records
import Tensors

struct Search: RankedCommand {
  static let configuration = CommandConfiguration(
    abstract: "Finds the pictures nearest to texts or pictures, by their embeddings.",
    discussion: """
      EMBEDDINGS is a file or folder that coca-eval embed wrote, with the same checkpoint. The \
      search is exact: every embedding is compared. --key needs no checkpoint, and leaves out the \
      picture itself.

      --html writes a page with the pictures: those whose keys are files, or those of --records.

      EXAMPLES
        coca-eval search web.safetensors --checkpoint runs/demo --text "a red bus"
        coca-eval search web --checkpoint runs/demo --queries lines.txt --k 5 --json
        coca-eval search web --key 000123 --records data/web --html hits.html
      """)

  @Argument(help: "A file or folder of embeddings.", completion: .file())
  var embeddings: String

  @Option(help: "The model that made them.", completion: .directory)
  var checkpoint: String?

  @Option(help: "Search by this text.")
  var text: String?

  @Option(help: "Search by this picture.", completion: .file())
  var image: String?

  @Option(help: "Search by a picture of the embeddings.")
  var key: String?

  @Option(help: "Search by each text of a file, one a line.", completion: .file())
  var queries: String?

  @Option(name: .customLong("k"), help: "How many pictures to find.")
  var limit = 10

  @Option(help: "Write a page of the hits.", completion: .file())
  var html: String?

  @Option(help: "The records that the keys belong to, for the page's pictures.",
          completion: .directory)
  var records: String?

  @Flag(help: "Print JSON, an object a query.")
  var json = false

  @Option(help: "Compute threads per rank (default: the node's cores over its ranks).")
  var threads: Int?

  func validate() throws {
    try check(threads, "--threads", 1...1024)
    try check(limit, "--k", 1...10_000)
    guard [text, image, key, queries].count(where: { $0 != nil }) == 1 else {
      throw ValidationError("Give one of --text, --image, --key and --queries.")
    }
    if key == nil, checkpoint == nil {
      throw ValidationError("--checkpoint is missing. Name the model that made the embeddings.")
    }
    if records != nil, html == nil { throw ValidationError("--records is for --html.") }
  }

  func run(_ binding: Binding, over ranks: any Communicator) throws {
    try startThreads(threads, binding, over: ranks)
    let (files, target) = try together(ranks) {
      (try EmbeddingFiles(URL(fileURLWithPath: embeddings)), try html.map { try Target($0) })
    }
    let asked = try queries(of: files, over: ranks)
    try together(ranks) {
      guard ranks.rank == 0 else { return }
      let found = try NearestRows.find(
        asked.vectors, in: files, limit: limit, leftOut: asked.leftOut)
      let results = zip(asked.names, found).map { SearchResult(query: $0, rows: $1, files) }
      if let target {
        let pictures = try records.map { [try RecordSet(directory: URL(fileURLWithPath: $0))] }
        try target.write(SearchPage(results, records: pictures ?? []).html)
      }
      try Output.print(
        json ? try results.map { try Output.json($0) + "\n" }.joined() : results.map(\.text).joined())
    }
  }

  private typealias Queries = (names: [String], vectors: Tensor, leftOut: [Int?])

  private func queries(
    of files: EmbeddingFiles, over ranks: any Communicator
  ) throws -> Queries {
    if let key {
      return try together(ranks) {
        guard let row = files.row(of: key) else {
          throw EmbeddingsError(files.place, .noKey(key))
        }
        return ([key], try files.read(row..<row + 1), [row])
      }
    }
    let evaluator = try openEvaluator(
      checkpoint ?? "", needs: [.embeddings], user: "search", over: ranks)
    let model = try evaluator.saved.checksum()
    try together(ranks) { try files.check(model: model, of: checkpoint ?? "") }
    if let image {
      let found = try evaluator.embeddings(files: [image], texts: [])
      return ([image], found.images, [nil])
    }
    let lines = try together(ranks) {
      try text.map { [$0] } ?? TextLines(file: URL(fileURLWithPath: queries ?? "")).lines
    }
    let found = try evaluator.embeddings(files: [], texts: lines)
    return (lines, found.texts, lines.map { _ in nil })
  }
}
