import ArgumentParser
import Checkpoints
import CoCaModel
import Evaluation
import Foundation
import OpenCLIP

struct Export: ParsableCommand {
  enum Format: String, ExpressibleByArgument, CaseIterable { case openclip, safetensors }

  static let configuration = CommandConfiguration(
    abstract: "Writes a model for open_clip, or its weights and configuration for other programs.",
    discussion: """
      openclip: open_clip_model.safetensors and open_clip_config.json, which open_clip loads
      strictly; only for models of layout openclip. open_clip has no key for the mask of the
      text's CLS; if the mask is the correct one, a line of Python that sets it is printed.

      safetensors: model.safetensors, with the tensor names of docs/checkpoints.md, and
      configuration.json; for every layout. It is for other programs: `init:`, `model:` and
      coca-eval read CHECKPOINT itself, not this folder; `inspect` shows its model.safetensors.

      Both formats include the tokenizer's file.

      EXAMPLE
        coca-convert export runs/birds --to birds-open-clip --format openclip
        python -c 'import open_clip; open_clip.create_model("local-dir:birds-open-clip")'
      """)

  @Argument(
    help: "A step's folder, a run's folder (its newest checkpoint), or open_clip's folder.",
    completion: .directory)
  var checkpoint: String

  @Option(help: "The folder to write; it must not exist, or be empty.", completion: .directory)
  var to: String

  @Option(help: "openclip or safetensors.")
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
    case .safetensors:
      try NewFolder.create(target) { folder in
        try folder.write(saved.tensors, metadata: ["format": "pt"], name: "model")
        for (name, data) in try saved.attachments() { try folder.write(data, name: name) }
      }
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
    guard format == .openclip else {
      return lines + ["", "Run files and coca-eval read \(checkpoint), not this folder."]
    }
    lines += ["", "In Python:", "model = open_clip.create_model(\"local-dir:\(to)\")"]
    if saved.model.configuration.text.clsMask == .correct {
      lines.append("model.text.correct_cls_mask = True")
    }
    return lines
  }
}
