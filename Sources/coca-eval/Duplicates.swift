import ArgumentParser
import Collectives
import Evaluation
import Foundation
import Records
import Tensors

struct Duplicates: RankedCommand {
  static let configuration = CommandConfiguration(
    abstract: "Finds pictures that are nearly the same, by their embeddings.",
    discussion: """
      EMBEDDINGS is a file or folder that coca-eval embed wrote. Every pair of pictures whose \
      cosine reaches the threshold becomes a JSON object a line: a and b, their keys; cosine; \
      group, a number that pairs share which hang together. With --against, b is a picture of the \
      other set: so test pictures are found that are in the training data.

      All pairs are compared: 100,000 pictures take some minutes, ten times as many take hours.

      EXAMPLES
        coca-eval duplicates web.safetensors --threshold 0.94 --to pairs.jsonl
        coca-eval duplicates test.safetensors --against web --to leaks.jsonl
      """)

  @Argument(help: "A file or folder of embeddings.", completion: .file())
  var embeddings: String

  @Option(help: "Another set: pairs are of a picture of each.", completion: .file())
  var against: String?

  @Option(help: "The least cosine of a pair.")
  var threshold: Double = 0.94

  @Option(help: "The file to write.", completion: .file())
  var to: String

  @Option(help: "Compute threads (default: the machine's cores).")
  var threads: Int?

  func validate() throws {
    try check(threads, "--threads", 1...1024)
    guard (-1...1).contains(threshold) else {
      throw ValidationError("--threshold: \(threshold) is not between -1 and 1.")
    }
  }

  /// Rank 0 alone does the work.
  func run(_ binding: Binding, over ranks: any Communicator) throws {
    try startThreads(threads, binding, over: ranks)
    try together(ranks) {
      guard ranks.rank == 0 else { return }
      let target = try Target(to)
      let files = try EmbeddingFiles(URL(fileURLWithPath: embeddings))
      let others = try against.map { try EmbeddingFiles(URL(fileURLWithPath: $0)) }
      try others?.check(model: files.model, of: "the model of \(embeddings)")
      let pairs = try NearPairs.find(in: files, against: others, threshold: Float(threshold))
      try target.write(try pairs.map { try Output.json($0) + "\n" }.joined())
      let groups = Set(pairs.map(\.group)).count
      try Output.print(
        TextTable([
          ("pictures", ["\(files.count)"]), ("against", others.map { ["\($0.count)"] } ?? []),
          ("pairs", ["\(pairs.count)"]), ("groups", ["\(groups)"]),
        ].filter { !$0.1.isEmpty }).text)
    }
  }
}
