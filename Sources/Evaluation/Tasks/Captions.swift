import Records

/// Captions of the pictures of a set.
public struct Captions: TaskResult {
  public let lines: [CaptionLine]
  /// Nil unless they were asked for.
  public let scores: ModelCaptionScores?

  public init(lines: [CaptionLine], scores: ModelCaptionScores? = nil) {
    (self.lines, self.scores) = (lines, scores)
  }

  public func encode(to encoder: any Encoder) throws { try lines.encode(to: encoder) }

  public var figures: [Figure] { [] }

  public var summary: String {
    "\(lines.count) captions, first: \((lines.first?.caption ?? "").onOneLine)"
  }

  public var text: String {
    lines.map { "\($0.key.onOneLine)\t\($0.caption.onOneLine)\n" }.joined()
      + (scores.map { "\n\($0.text)" } ?? "")
  }

  /// The lines, then the scores.
  public var objects: [any Encodable] { lines + (scores.map { [$0] } ?? []) }

  /// An image's id is the number at the end of its key.
  /// - Throws: `EvaluationError` for a key without a number, or with another's.
  public var cocoResults: [any Encodable] {
    get throws {
      var keys: [Int: String] = [:]
      return try lines.map { line in
        let remedy = "Use --format jsonl"
        guard let id = Self.number(atEndOf: line.key) else {
          throw EvaluationError(
            line.key.onOneLine,
            .options("there is no number at its end, which is COCO's image_id", remedy: remedy))
        }
        if let other = keys.updateValue(line.key, forKey: id) {
          throw EvaluationError(
            line.key.onOneLine,
            .options("COCO's image_id \(id) is also that of \(other.onOneLine)", remedy: remedy))
        }
        return COCOResult(image_id: id, caption: line.caption)
      }
    }
  }

  /// The number at the end of a key, or of a file's name before its suffix.
  private static func number(atEndOf key: String) -> Int? {
    let name = key.split(separator: "/").last ?? ""
    let stem = name.lastIndex(of: ".").map { name[..<$0] } ?? name
    return Int(String(stem.reversed().prefix { $0.isASCII && $0.isNumber }.reversed()))
  }
}

private struct COCOResult: Encodable {
  let image_id: Int
  let caption: String
}
