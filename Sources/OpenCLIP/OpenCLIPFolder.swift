import Checkpoints
import Foundation

/// Where the files of an open_clip model are: in a folder as on Hugging Face's hub, or one file of
/// weights, with the other files in the same folder.
/// - Source: open_clip 3.3.0, `factory.py`: `_find_checkpoint_in_dir`.
public struct OpenCLIPFolder {
  let url: URL
  /// Nil where a folder was given.
  private let file: URL?
  private let names: [String]

  /// The files of weights in open_clip's order of preference.
  private static let weightFiles = [
    "open_clip_model.safetensors", "open_clip_pytorch_model.safetensors",
    "open_clip_pytorch_model.bin", "open_clip_pytorch_model.pth", "model.safetensors",
    "pytorch_model.bin", "pytorch_model.pth", "model.pth",
  ]
  private static let tokenizerFiles = [
    "bpe_simple_vocab_16e6.txt.gz", "bpe_simple_vocab_16e6.txt", "merges.txt", "tokenizer.model",
  ]

  /// - Throws: `CheckpointError` where nothing exists at the path.
  public init(_ path: URL) throws(CheckpointError) {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path.path, isDirectory: &isFolder) else {
      throw CheckpointError(path.path, .system(operation: "open it", code: ENOENT))
    }
    file = isFolder.boolValue ? nil : path
    url = isFolder.boolValue ? path : path.deletingLastPathComponent()
    names = try SystemFiles().list(url.path)
  }

  private func find(_ wanted: [String]) -> URL? {
    wanted.first(where: names.contains).map(url.appendingPathComponent)
  }

  public var configuration: URL? { find([OpenCLIPConfiguration.fileName]) }
  var tokenizer: URL? { find(Self.tokenizerFiles) }

  /// The file of weights: the preferred one, or the first that open_clip would look at.
  /// - Throws: `CheckpointError` where there is none.
  public func weights() throws(CheckpointError) -> URL {
    if let file { return file }
    func all(_ suffix: String) -> [String] { names.filter { $0.hasSuffix(suffix) } }
    let known = all(".safetensors") + (all(".bin") + all(".pth")).sorted()
    if let found = find(Self.weightFiles + known) { return found }
    if names.contains(".metadata") {
      throw CheckpointError(
        url.path,
        .unsupported(
          "is a checkpoint in shards, which torch's distributed checkpointing wrote",
          remedy: "Gather it in Python: "
            + "torch.distributed.checkpoint.format_utils.dcp_to_torch_save(FOLDER, FILE)"))
    }
    let loose = all(".pt").first.map { "Name a file of weights, such as \($0)" }
    throw CheckpointError(
      url.path,
      .unsupported(
        "holds no weights that open_clip would find: *.safetensors, *.bin, *.pth",
        remedy: loose ?? "Name open_clip's folder or a file of weights"))
  }
}
