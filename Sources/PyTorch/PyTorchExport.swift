import Checkpoints
import CoCaModel
import Evaluation
import Foundation

/// Writes a model as a folder that PyTorch opens with the module in it:
/// `CoCa.from_pretrained(FOLDER)`.
public enum PyTorchExport {
  /// The module, as it stands beside this file; the program carries it.
  static let module = (name: "coca.py", source: Data(PackageResources.coca_py))

  /// - Parameter url: the folder; it is written completely or not at all.
  /// - Throws: `CheckpointError`; `ModelError` for a model that the module does not know.
  public static func write(_ saved: SavedModel, to url: URL) throws {
    let shape = saved.model.configuration
    guard shape.textPasses == .one, shape.classes == nil else {
      throw ModelError(
        "configuration.json",
        .impossible(
          "\(module.name) has no \(shape.classes == nil ? "second pass" : "classes")"),
        remedy: "Export a model of another objective, or read the checkpoint's safetensors")
    }
    let attachments = try saved.attachments().sorted { $0.key < $1.key }
    try NewFolder.create(url) { folder in
      try folder.write(saved.tensors, metadata: ["format": "pt"], name: "model")
      for (name, data) in attachments { try folder.write(data, name: name) }
      try folder.write(module.source, name: module.name)
    }
  }
}
