import ArgumentParser
import Checkpoints
import CoCaModel
import Evaluation
import Foundation
import OpenCLIP
import PyTorch

struct Export: ParsableCommand {
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case openclip, pytorch
    /// The older name of `pytorch`.
    case safetensors
  }

  static let configuration = CommandConfiguration(
    abstract: "Writes a model for PyTorch or for open_clip.",
    discussion: """
      pytorch: a folder with the weights (model.safetensors), configuration.json, the tokenizer, \
      and coca.py, a module of PyTorch that opens it: embeddings, captions, preprocessing. It \
      serves every model. safetensors is an older name of it.

      openclip: open_clip_model.safetensors, open_clip_config.json and the tokenizer, which \
      open_clip loads strictly. It serves models of layout openclip. open_clip has no key for the \
      mask of the text's CLS; if the mask is the correct one, a line of Python that sets it is \
      printed.

      `init:`, `model:` and coca-eval read CHECKPOINT itself, or open_clip's folder.

      EXAMPLE
        coca-convert export runs/birds --to birds --format pytorch
        coca-convert export runs/birds --to birds-open-clip --format openclip
      """)

  @Argument(
    help: "A step's folder, a run's folder (its newest checkpoint), or open_clip's folder.",
    completion: .directory)
  var checkpoint: String

  @Option(help: "The folder to write; it must not exist, or be empty.", completion: .directory)
  var to: String

  @Option(help: "pytorch, or openclip.")
  var format: Format

  func validate() throws {
    if to.isEmpty { throw ValidationError("--to is empty. Name a folder.") }
  }

  func run() throws {
    let target = URL(fileURLWithPath: to)
    try NewFolder.checkFree(target)
    let source = try ModelSource.open(URL(fileURLWithPath: checkpoint)) {
      Failure.tell("left out \($0.folder): \($0.error)")
    }
    let shape = try source.configuration()
    if format == .openclip {
      _ = try OpenCLIPConfiguration.json(of: shape, place: source.folder.path)
    }
    let saved = try SavedModel(source)
    switch format {
    case .openclip:
      try OpenCLIPExport.write(
        saved.model, attachments: saved.tokenizerFile, of: source.folder.path, to: target)
    case .pytorch, .safetensors: try PyTorchExport.write(saved, to: target)
    }
    try Output.print(summary(saved))
  }

  private func summary(_ saved: SavedModel) -> [String] {
    let parameters = saved.model.parameters
    let count = format == .openclip
      ? OpenCLIPLayout(saved.model.configuration).tensors.count : parameters.parameters.count
    var lines = Output.rows([
      ("tensors", "\(count), \(parameters.count.grouped) parameters"), ("written", to),
    ])
    lines += ["", "In Python:"]
    guard format == .openclip else {
      return lines + [
        "import sys; sys.path.append(\"\(to)\")", "from coca import CoCa",
        "model = CoCa.from_pretrained(\"\(to)\")", "",
        "Run files and coca-eval read \(checkpoint), not this folder.",
      ]
    }
    lines.append("model = open_clip.create_model(\"local-dir:\(to)\")")
    if saved.model.configuration.text.clsMask == .correct {
      lines.append("model.text.correct_cls_mask = True")
    }
    return lines
  }
}
