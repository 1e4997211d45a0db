import ArgumentParser
import Checkpoints
import CoCaModel
import Foundation
import OpenCLIP
import Training

struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes a checkpoint of an open_clip model.",
    discussion: """
      SOURCE is a folder with open_clip_config.json and weights, as from open_clip or Hugging \
      Face's hub, or one file: .safetensors, or .pt, .pth and .bin as torch.save writes them, \
      with the state dict itself or with a training checkpoint that contains one. Tensors may be \
      float32, float64, half or bfloat16 and become float32. No code in a pickle is run: a pickle \
      with more than tensors and plain containers is refused.

      The model's shape is that of --model, or else of open_clip_config.json in SOURCE or beside \
      it. Where its image size or text context differs from the weights', positions are resized \
      as open_clip does. The tokenizer is --tokenizer, or else the file in the same place: \
      bpe_simple_vocab_16e6.txt.gz or merges.txt.

      --optimizer also imports AdamW's moments and the step of an epoch_N.pt, and prints the keys \
      of the run file that continues from them:

      EXAMPLE
        coca-convert import CoCa-ViT-B-32-laion2B-s13B-b90k --to models/coca
        coca-convert import logs/run/checkpoints/epoch_5.pt --model coca_ViT-B-32 \\
          --tokenizer bpe_simple_vocab_16e6.txt.gz --optimizer --to models/epoch-5
        coca-train run.yaml --resume models/epoch-5 --output runs/continued
      """)

  @Argument(help: "open_clip's folder, or a file of weights.", completion: .file())
  var source: String

  @Option(help: "The checkpoint's folder; it must not exist, or be empty.", completion: .directory)
  var to: String

  @Flag(help: "Import AdamW's state too.")
  var optimizer = false

  @Option(help: "The mask of the text's CLS that the weights were trained with: legacy, correct.")
  var clsMask = CLSMask.legacy

  @Option(help: "\(OpenCLIPSource.names.joined(separator: ", ")), or open_clip's JSON file.")
  var model: String?

  @Option(help: "CLIP's vocabulary file, or any other tokenizer's.", completion: .file())
  var tokenizer: String?

  func validate() throws {
    if to.isEmpty { throw ValidationError("--to is empty. Name a folder.") }
  }

  func run() throws {
    let target = URL(fileURLWithPath: to)
    try NewFolder.checkFree(target)
    let found = try OpenCLIPSource(
      URL(fileURLWithPath: source), model: model.map(Self.model),
      tokenizer: tokenizer.map(URL.init(fileURLWithPath:)), clsMask: clsMask.mask)
    let work = try OpenCLIPImport(found, withOptimizer: optimizer)
    found.notices.forEach(Failure.tell)
    if found.tokenizer == nil {
      Failure.tell("no tokenizer was found; without --tokenizer the model can only read ids")
    }
    if work.optimizer?.sparesPositions == true {
      Failure.tell(
        "positions did not decay in this open_clip, newer than 3.3.0; with decay: openclip they do")
    }
    try work.write(to: target)
    try Output.print(summary(work))
  }

  private static func model(_ name: String) -> OpenCLIPSource.Model {
    let isFile = FileManager.default.fileExists(atPath: name)
    return isFile ? .file(URL(fileURLWithPath: name)) : .named(name)
  }

  private func summary(_ work: OpenCLIPImport) -> [String] {
    let source = work.source, layout = source.weights.layout
    let parameters = layout.tensors.reduce(0) { $0 + $1.count }
    let tokenizer = source.tokenizer.map { "\($0.fileName), \($0.vocabularySize.grouped) ids" }
    var lines = Output.rows([
      ("from", source.place),
      ("tensors", "\(layout.tensors.count), \(parameters.grouped) parameters"),
      ("CLS mask", clsMask.rawValue),
      ("tokenizer", tokenizer ?? "none"),
      ("step", work.optimizer == nil ? "0, the weights alone" : "\(work.step), with AdamW's state"),
      ("written", to),
    ])
    let keys = work.runLines(URL(fileURLWithPath: to))
    if !keys.isEmpty { lines += ["", "For the run file that goes on from it:"] + keys }
    return lines
  }
}

/// The values of `--cls-mask`.
enum CLSMask: String, ExpressibleByArgument, CaseIterable {
  case legacy, correct

  var mask: ModelConfiguration.CLSMask { self == .legacy ? .legacy : .correct }
}
