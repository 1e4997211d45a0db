import Foundation
import Images
import Text

/// What launch/check-inputs compares with open_clip: ids of texts, pixels of pictures.
@main
enum InputsCheck {
  static func main() throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    switch arguments.first {
    case "ids" where arguments.count == 2:
      let tokenizer = try TokenizerFile.open(URL(fileURLWithPath: arguments[1]))
      try writeIDs(tokenizer)
    default:
      print("usage: inputs-check ids TOKENIZER < texts (a JSON string a line)")
      exit(64)
    }
  }

  /// For each line the ids of a caption of context 76 behind those of the text.
  private static func writeIDs(_ tokenizer: any Tokenizer) throws {
    let texts = try lines().map { try JSONDecoder().decode(String.self, from: Data($0.utf8)) }
    let clock = ContinuousClock()
    let start = clock.now
    let ids = try texts.map { try tokenizer.encode($0) }
    let seconds = (clock.now - start) / .seconds(1)
    for (text, ids) in zip(texts, ids) {
      let caption = try tokenizer.caption(text, context: 76)
      print(JSON(ids: ids, caption: caption, text: tokenizer.decode(ids)))
    }
    let rate = Int(Double(texts.count) / seconds)
    FileHandle.standardError.write(Data("\(rate) texts/s\n".utf8))
  }

  private static func lines() -> [String] {
    Array(AnySequence { AnyIterator { readLine() } })
  }
}

private struct JSON: Encodable, CustomStringConvertible {
  let ids: [Int32]
  let caption: [Int32]
  let text: String

  var description: String {
    guard let data = try? JSONEncoder().encode(self) else { return "" }
    return String(decoding: data, as: UTF8.self)
  }
}
