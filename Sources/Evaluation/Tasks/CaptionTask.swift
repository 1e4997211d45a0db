import Records

/// Writes captions.
public struct CaptionTask: PictureTask {
  public static let name = "caption"
  public static let meaning = "Writes a caption for each picture."
  public static let discussion = """
    One line each: the key or file, a tab, the caption.

    EXAMPLES
      coca-eval caption runs/demo --images cat.jpg pictures/birds
      coca-eval caption runs/demo --records data/flickr --limit 100 \\
        --prompt "a photo of" --json
    """
  public static let recordNeed: String? = nil
  public static let modelNeeds: Set<ModelPart> = [.captions, .tokenizer]
  public static let options = [
    TaskOption("greedy", .flag, help: "Take the likeliest piece at every step (the default)."),
    TaskOption("beam", .unavailable("Leave it out: captions are greedy.")),
    TaskOption("top-p", .unavailable("Leave it out: captions are greedy.")),
    maximumTokens, prompt,
  ]

  private static let maximumTokens = TaskOption(
    "max-tokens", .number(2...Int.max),
    help: "Most ids of a caption, start, prompt and end included (default: the model's context).")
  private static let prompt = TaskOption(
    "prompt", .text, help: "Text that every caption begins with.", standard: "")

  private let maximumTokens: Int?
  private let prompt: String

  public init(_ values: TaskValues) {
    maximumTokens = values.number(Self.maximumTokens)
    prompt = values.text(Self.prompt)
  }

  public func run(_ evaluator: Evaluator, records: [RecordSet], limit: Int?) throws -> Captions {
    Captions(
      lines: try evaluator.captions(
        records: records, limit: limit, prompt: prompt, maximumTokens: maximumTokens))
  }

  public func run(_ evaluator: Evaluator, pictures files: [String]) throws -> Captions {
    Captions(
      lines: try evaluator.captions(
        files: files, prompt: prompt, maximumTokens: maximumTokens))
  }
}

/// A caption for each picture of a set.
public struct Captions: TaskResult {
  public let lines: [CaptionLine]

  public init(lines: [CaptionLine]) { self.lines = lines }

  public func encode(to encoder: any Encoder) throws { try lines.encode(to: encoder) }

  public var figures: [Figure] { [] }
  public var summary: String { "\(lines.count) captions, first: \(lines.first?.caption ?? "")" }
  public var text: String { lines.map { "\($0.key)\t\($0.caption)\n" }.joined() }
  public var objects: [any Encodable] { lines }
}
