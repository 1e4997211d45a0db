import Foundation
import Images
import Records
import TestSupport
import Tensors
import Text

/// A folder with two small record sets, a tokenizer and a run file: all that a run needs.
final class TrainingWorld {
  let folder: TestFolder
  var url: URL { folder.url }

  init() throws {
    folder = try TestFolder()
    try Self.write(captions: 14, to: folder.file("records/photos"))
    try Self.write(labels: 10, to: folder.file("records/icons"))
    try Self.tokenizer.get().write(to: folder.file("tokenizer.model"))
  }

  /// Trained once for all worlds.
  private static let tokenizer = Result {
    let names = colours.flatMap { colour in places.map { "a \(colour) square \($0)" } }
    var iterator = names.makeIterator()
    return try TokenizerTraining(vocabulary: 300).train { iterator.next() }.tokenizer.model
  }

  static let colours = ["red", "green", "blue", "yellow", "purple", "orange", "grey"]
  static let places = ["on a table", "in the garden", "near the window", "at night"]

  /// Writes the run file.
  /// - Parameters:
  ///   - steps: the length, which also decides the schedule.
  ///   - more: further lines.
  func configure(steps: Int = 20, _ more: String = "", named name: String = "run.yaml") throws {
    try folder.write(Self.runFile(steps: steps) + more + "\n", to: name)
  }

  static func runFile(steps: Int) -> String {
    """
    model:
      preset: tiny
      joint: 16
      image: {size: 16, patch: 8, width: 32, heads: 2, layers: 1, mlp: 64, queries: 3}
      text: {context: 32, width: 32, heads: 2, layers: 1, mlp: 64}
      multimodal: {layers: 1, heads: 2, mlp: 64}
    tokenizer: tokenizer.model
    data:
      - {records: records/photos, weight: 2, text: caption}
      - {records: records/icons, weight: 1, text: labels}
    batch: 12
    steps: \(steps)
    log: {keys: true}

    """
  }

  /// Trains to the end of the run, or of its patience.
  func train(
    _ arguments: [String] = [], ranks: Int? = nil, output: String = "out",
    after prelude: String? = nil
  ) throws -> Job.Outcome {
    try start(arguments, ranks: ranks, output: output, after: prelude).wait()
  }

  /// Takes the last checkpoint from a finished run, as if it had been killed before.
  func losesEnd(of output: String, step: Int) throws {
    let checkpoints = folder.file("\(output)/checkpoints")
    for name in try FileManager.default.contentsOfDirectory(atPath: checkpoints.path)
    where name == "latest" || name.hasSuffix("\(step)") {
      try FileManager.default.removeItem(at: checkpoints.appendingPathComponent(name))
    }
    try FileManager.default.removeItem(at: folder.file("\(output)/status.json"))
  }

  func start(
    _ arguments: [String] = [], ranks: Int? = nil, output: String = "out",
    after prelude: String? = nil
  ) throws -> Job {
    try Job(
      "coca-train", ["run.yaml", "--output", output] + arguments, ranks: ranks, in: url,
      after: prelude)
  }

  private static func write(captions count: Int, to directory: URL) throws {
    try write(directory, count) { number in
      let caption = "a \(colours[number % 7]) square \(places[number % 4])"
      return Field(suffix: "txt", bytes: Array(caption.utf8))
    }
  }

  private static func write(labels count: Int, to directory: URL) throws {
    try write(directory, count) { number in
      let labels = "{\"labels\": [\"\(colours[number % 7])\", \"square\", \"icon\"]}"
      return Field(suffix: "json", bytes: Array(labels.utf8))
    }
  }

  /// Two shards, of a few frames each.
  private static func write(
    _ directory: URL, _ count: Int, _ text: (_ number: Int) -> Field
  ) throws {
    let name = directory.lastPathComponent
    let writer = try RecordWriter(
      directory: directory, name: name, shardBytes: 6000, frameBytes: 6 << 10, level: 1,
      origin: "a test")
    for number in 0..<count {
      let picture = Field(suffix: "png", bytes: try ImageEncoder.png(picture(name, number)))
      try writer.append(Sample(key: "\(name)-\(number)", fields: [picture, text(number)]))
    }
    _ = try writer.finish()
  }

  private static func picture(_ name: String, _ number: Int) -> Picture {
    let random = CounterRandom(seed: 9, .text(name), KeyPart(number))
    let pixels = (0..<20 * 20 * 3).map { UInt8(random.below(60, at: UInt64($0))) + 30 }
    return Picture(width: 20, height: 20, pixels: pixels)
  }
}
