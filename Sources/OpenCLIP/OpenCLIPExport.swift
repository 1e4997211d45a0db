import Autograd
import Checkpoints
import CoCaModel
import Foundation
import Tensors

/// Writes a model as a folder that open_clip loads strictly: `create_model("local-dir:FOLDER")`.
public enum OpenCLIPExport {
  public static let weightsFile = "open_clip_model.safetensors"

  /// - Parameters:
  ///   - attachments: further files, such as the tokenizer's.
  ///   - place: the checkpoint, for errors.
  ///   - url: the folder; it is written completely or not at all.
  /// - Throws: `ModelError` for a model that open_clip cannot build; `CheckpointError`.
  public static func write(
    _ model: CoCa, attachments: [String: Data], of place: String, to url: URL
  ) throws {
    let configuration = try OpenCLIPConfiguration.json(of: model.configuration, place: place)
    let values = model.parameters.lookup(\.value)
    try NewFolder.create(url) { folder in
      let tensors = OpenCLIPLayout(model.configuration).tensors.map {
        TensorSource($0.name, $0.gather(values))
      }
      let name = String(weightsFile.dropLast(".safetensors".count))
      try folder.write(tensors, metadata: ["format": "pt"], name: name, fileBytes: .max)
      try folder.write(
        Data((configuration.text(indented: true) + "\n").utf8),
        name: OpenCLIPConfiguration.fileName)
      for (name, data) in attachments.sorted(by: { $0.key < $1.key }) {
        try folder.write(data, name: name)
      }
    }
  }
}
