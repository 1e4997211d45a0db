import ArgumentParser
import Foundation
import Images
import Pipeline
import Records
import Text

/// Makes batches of a set, some for each input line, so that several loaders can take turns.
struct DataBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data", abstract: "Times the loading of pictures and texts into batches.")

  @Argument(help: "A dataset's folder.") var records: String
  @Option(help: "CLIP's vocabulary or a SentencePiece model.") var tokenizer: String
  @Option(help: "Pixels a side.") var size = 224
  @Option(help: "Pairs in a batch.") var batch = 64
  @Option(help: "Batches for each line.") var batches = 8
  @Option(help: "Threads.") var threads = 1

  func run() throws {
    let tokenizer = try TokenizerFile.open(URL(fileURLWithPath: self.tokenizer))
    let source = SampleSource(
      name: "set", records: [try RecordSet(directory: URL(fileURLWithPath: records))])
    let loader = try loader(source, tokenizer)
    let texts = try texts(source)
    var step = 0
    while let line = readLine() {
      let before = Usage(), start = ContinuousClock.now
      var count = 0
      if line == "texts" {
        for text in texts { _ = try tokenizer.caption(text, context: 76) }
        count = texts.count
      } else {
        for _ in 0..<batches {
          count += try loader.load(step: step).count
          step += 1
        }
      }
      let report = Report(
        count: count, seconds: (ContinuousClock.now - start) / .seconds(1),
        processor_seconds: Usage().seconds - before.seconds, peak_bytes: peakBytes())
      try FileHandle.standardOutput.write(contentsOf: JSONEncoder().encode(report) + [0x0A])
    }
  }

  private struct Report: Encodable {
    let count: Int
    let seconds, processor_seconds: Double
    let peak_bytes: Int
  }

  private func loader(_ source: SampleSource, _ tokenizer: any Tokenizer) throws -> BatchLoader {
    let mixture = try Mixture(batch: batch, weights: [nil], samples: [source.samples])
    let transform = ImageTransform(
      height: size, width: size, fit: .crop, mean: [0.48145466, 0.4578275, 0.40821073],
      std: [0.26862954, 0.26130258, 0.27577711], interpolation: .bicubic)
    return try BatchLoader(
      sources: [source],
      plan: BatchPlan(
        mixture: mixture, lanes: Lanes(count: min(240, batch)), samples: [source.samples]),
      text: SampleText(
        tokenizer: tokenizer, vocabularySize: tokenizer.vocabularySize, context: 76),
      settings: .init(
        seed: 0, transform: transform, augmentation: Augmentation(.area(0.9...1), flip: false),
        badSamples: .skip(limit: 1), workers: threads),
      rank: 0, size: 1)
  }

  private func texts(_ source: SampleSource) throws -> [String] {
    try source.records[0].index.shards.indices.flatMap { shard in
      let reader = try source.records[0].open(shard: shard)
      return try reader.frameSamples.indices.flatMap { frame in
        try reader.read(frame: frame).compactMap { try $0.annotation().captions.first }
      }
    }
  }
}
