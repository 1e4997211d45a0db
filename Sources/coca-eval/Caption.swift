import ArgumentParser
import Collectives
import Evaluation

struct Caption: EvaluationCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes a caption for each picture.",
    discussion: """
      A line each: the key or file, a tab, the caption.

      EXAMPLES
        coca-eval caption runs/demo --images cat.jpg dog.png
        coca-eval caption runs/demo --records data/flickr --limit 100 --prompt "a photo of" --json
      """)

  @OptionGroup var shared: SharedOptions

  @Option(help: "A folder of records.", completion: .directory)
  var records: String?

  @Option(
    parsing: .upToNextOption, help: "Picture files (PNG, JPEG, WebP, GIF).", completion: .file())
  var images: [String] = []

  @Flag(help: "Take the likeliest piece at every step (the default).")
  var greedy = false

  @Option(help: .hidden)
  var beam: Int?

  @Option(help: .hidden)
  var topP: Double?

  @Option(help: "Ids of a caption, start, prompt and end included (default: the model's context).")
  var maxTokens: Int?

  @Option(help: "What every caption begins with.")
  var prompt = ""

  @Flag(help: "Print a line of JSON for each picture.")
  var json = false

  func validate() throws {
    for (name, isGiven) in [("--beam", beam != nil), ("--top-p", topP != nil)] where isGiven {
      throw ValidationError("\(name) is not there yet. Leave it out: captions are greedy.")
    }
    if (records == nil) == images.isEmpty {
      throw ValidationError("Give either --records or --images.")
    }
    try check(maxTokens, "--max-tokens", 2...Int.max)
  }

  func answer(_ evaluator: Evaluator, over ranks: any Communicator) throws -> String {
    let lines = try lines(evaluator, over: ranks)
    if json { return try lines.map(Output.json).joined() }
    return lines.map { "\($0.key)\t\($0.caption)\n" }.joined()
  }

  private func lines(
    _ evaluator: Evaluator, over ranks: any Communicator
  ) throws -> [CaptionLine] {
    guard let records else {
      let files = Array(images.prefix(shared.limit ?? images.count))
      return try evaluator.captions(files: files, prompt: prompt, maximumTokens: maxTokens)
    }
    return try evaluator.captions(
      records: try openRecords(records, over: ranks), limit: shared.limit, prompt: prompt,
      maximumTokens: maxTokens)
  }
}
