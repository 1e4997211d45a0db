import ArgumentParser
import CoCaModel
import Foundation
import Tensors

/// Captions of random pictures by random weights, once for each input line, so that two programs
/// can take turns while both stay in memory.
struct CaptionBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "captions", abstract: "Times captions of full length, greedy and by beams.")

  @OptionGroup var machine: MachineOptions
  @Option(help: "A preset with a vocabulary of its own.") var model = "coca_ViT-B-32"
  @Option(help: "Pictures at a time.") var pictures = 16
  @Option(help: "Ids of a caption, the start included.") var tokens = 30

  func validate() throws {
    guard pictures > 0, tokens > 1 else {
      throw ValidationError("--pictures is above 0, --tokens above 1.")
    }
  }

  func run() throws {
    try machine.start(isAnnounced: false)
    guard let shape = ModelConfiguration.preset(model), shape.text.vocabulary != nil else {
      throw ValidationError("no model \(model) with a vocabulary of its own")
    }
    let model = CoCa(shape, vocabularySize: 0)
    model.parameters.allocate(training: false)
    model.parameters.initialize(seed: 1)
    let random = CounterRandom(seed: 2, "pictures")
    let images = Tensor([pictures, 3, shape.image.size.height, shape.image.size.width])
    for i in 0..<images.count { images.pointer[i] = Float(random.normal(UInt64(i))) }
    while let line = readLine() {
      guard let beams = Int(line) else { throw ValidationError("beams, not \(line)") }
      // A prompt without room for an answer: the images are encoded, and that is all.
      let encoder = seconds { caption(images, by: model, beams: beams, tokens: 1) }
      let all = seconds { caption(images, by: model, beams: beams, tokens: tokens) }
      print(#"{"seconds":{"decoder":\#(all - encoder),"total":\#(all)}}"#)
      fflush(nil)
    }
  }

  /// No end comes before the last id.
  private func caption(_ images: Tensor, by model: CoCa, beams: Int, tokens: Int) {
    let decoding = beams > 1 ? Decoding(.beams(Beams(beams))) : Decoding()
    _ = model.captions(images, prompt: [1], end: -1, maximumTokens: tokens, by: decoding)
  }

  private func seconds(_ body: () -> Void) -> Double {
    let start = ContinuousClock.now
    body()
    return (ContinuousClock.now - start) / .seconds(1)
  }
}
