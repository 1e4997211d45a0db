import CaptionScores
import Foundation
import Images
import Text

/// Computes what launch/checks/inputs compares with open_clip (ids of texts, pixels of pictures),
/// what launch/checks/pictures finds out about odd pictures, and the words of captions that
/// launch/checks/scores compares.
@main
enum InputsCheck {
  static let usage = """
    usage: inputs-check ids TOKENIZER < texts, a JSON string a line
           inputs-check pixels HEIGHT WIDTH FIT INTERPOLATION < paths, one a line
           inputs-check decode < paths, one a line
           inputs-check words < captions, a JSON string a line
    """

  static func main() throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    switch arguments.first {
    case "ids" where arguments.count == 2: try writeIDs(arguments[1])
    case "pixels" where arguments.count == 5: try writePixels(Array(arguments.dropFirst()))
    case "decode" where arguments.count == 1: try tryPictures()
    case "words" where arguments.count == 1: try writeWords()
    default:
      print(usage)
      exit(64)
    }
  }

  /// Prints a line of JSON for each text, and on standard error how fast they were encoded.
  private static func writeIDs(_ path: String) throws {
    let tokenizer = try TokenizerFile.open(URL(fileURLWithPath: path))
    let texts = try lines().map { try JSONDecoder().decode(String.self, from: Data($0.utf8)) }
    let clock = ContinuousClock()
    let start = clock.now
    let ids = try texts.map { try tokenizer.encode($0) }
    let rate = Double(texts.count) / ((clock.now - start) / .seconds(1))
    try FileHandle.standardError.write(contentsOf: Data("\(Int(rate))\n".utf8))
    for (text, ids) in zip(texts, ids) {
      let caption = try tokenizer.caption(text, context: 76)
      let row = Row(ids: ids, caption: caption, text: tokenizer.decode(ids))
      try FileHandle.standardOutput.write(contentsOf: JSONEncoder().encode(row) + [0x0A])
    }
  }

  private struct Row: Encodable {
    let ids: [Int32]
    let caption: [Int32]
    let text: String
  }

  /// Writes the planes of each picture as in evaluation, normalised as for CLIP.
  private static func writePixels(_ arguments: [String]) throws {
    guard let height = Int(arguments[0]), let width = Int(arguments[1]),
      let fit = ImageTransform.Fit(rawValue: arguments[2]),
      let interpolation = Interpolation(rawValue: arguments[3])
    else { return print(usage) }
    let transform = ImageTransform(
      height: height, width: width, fit: fit, mean: [0.48145466, 0.4578275, 0.40821073],
      std: [0.26862954, 0.26130258, 0.27577711], interpolation: interpolation)
    var pixels = [UInt8](repeating: 0, count: transform.byteCount)
    var planes = [Float](repeating: 0, count: transform.byteCount)
    for path in lines() {
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
      let picture = try ImageDecoder.decode(bytes)
      pixels.withUnsafeMutableBufferPointer { transform.evaluate(picture, into: $0) }
      transform.normalize(pixels, into: &planes)
      try planes.withUnsafeBytes { try FileHandle.standardOutput.write(contentsOf: Data($0)) }
    }
  }

  /// Prints a line of JSON for each picture: its size, or the error; and the most memory so far.
  private static func tryPictures() throws {
    for path in lines() {
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
      let start = ContinuousClock.now
      let outcome = Result { () throws(ImageError) in try ImageDecoder.decode(bytes) }
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      let verdict = Verdict(outcome, seconds: seconds, peakBytes: peakBytes())
      try FileHandle.standardOutput.write(contentsOf: JSONEncoder().encode(verdict) + [0x0A])
    }
  }

  private struct Verdict: Encodable {
    var width, height: Int?
    var error: String?
    let seconds: Double
    let peakBytes: Int

    init(_ outcome: Result<Picture, ImageError>, seconds: Double, peakBytes: Int) {
      self.seconds = seconds
      self.peakBytes = peakBytes
      switch outcome {
      case .success(let picture): (width, height) = (picture.width, picture.height)
      case .failure(let fault): error = "\(fault)"
      }
    }
  }

  private static func peakBytes() -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") } ?? ""
    return (Int(line.filter(\.isNumber)) ?? 0) << 10
  }

  /// Prints the words of each caption as a JSON string.
  private static func writeWords() throws {
    let texts = try lines().map { try JSONDecoder().decode(String.self, from: Data($0.utf8)) }
    for words in PTBTokenizer.tokenize(texts) {
      try FileHandle.standardOutput.write(contentsOf: JSONEncoder().encode(words) + [0x0A])
    }
  }

  private static func lines() -> [String] { Array(AnySequence { AnyIterator { readLine() } }) }
}
