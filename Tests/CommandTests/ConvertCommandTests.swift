import Checkpoints
import CoCaModel
import Foundation
import JSON
import OpenCLIP
import TestSupport
import Testing

@Suite("coca-convert")
struct ConvertCommandTests {
  private let home: TestFolder

  init() throws { home = try TestFolder() }

  private func convert(
    _ arguments: String..., after prelude: String? = nil
  ) throws -> Job.Outcome {
    try Job.run("coca-convert", arguments, in: home.url, after: prelude)
  }

  /// A small model of random weights in open_clip's folder `folder`.
  private func makeFolder() throws {
    var shape = try #require(ModelConfiguration.preset("coca_ViT-B-32"))
    shape.joint = 12
    (shape.image.size, shape.image.patch, shape.image.queries) = (8, 4, 3)
    (shape.image.width, shape.image.heads, shape.image.layers, shape.image.mlp) = (10, 2, 1, 20)
    shape.image.poolerHeads = 3
    (shape.text.width, shape.text.heads, shape.text.layers, shape.text.mlp) = (12, 2, 1, 14)
    (shape.text.context, shape.text.vocabulary) = (16, 40)
    (shape.multimodal.heads, shape.multimodal.mlp, shape.multimodal.layers) = (3, 48, 1)
    let model = CoCa(shape, vocabularySize: 0)
    model.parameters.allocate(training: false)
    model.parameters.initialize(seed: 4)
    try OpenCLIPExport.write(model, attachments: [:], of: "test", to: home.file("folder"))
  }

  private func expectRefusal(
    _ outcome: Job.Outcome, _ code: Int32, _ texts: String...,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    #expect(outcome.code == code, "\(outcome.all)", sourceLocation: sourceLocation)
    #expect(outcome.output.isEmpty, "\(outcome.all)", sourceLocation: sourceLocation)
    let line = outcome.errorLines.last ?? ""
    #expect(
      line.hasPrefix("coca-convert: ") && texts.allSatisfy(line.contains), "\(outcome.all)",
      sourceLocation: sourceLocation)
    let left = try home.files().filter { $0.hasPrefix("out") }
    #expect(left.isEmpty, "\(left)", sourceLocation: sourceLocation)
  }

  @Test("a model goes in and out bit for bit, and inspect finds it whole on the way")
  func roundTrip() throws {
    try makeFolder()
    let imported = try convert("import", "folder", "--to", "models/coca")
    #expect(imported.code == 0, "\(imported.all)")
    #expect(imported.errorLines.count == 1 && imported.errors.contains("no tokenizer was found"))
    #expect(imported.output.contains("CLS mask    legacy"))
    let inspected = try convert("inspect", "models/coca", "--json")
    let tree = try JSONReader.read(Array(inspected.output.utf8))
    #expect(tree["kind"] == "checkpoint" && tree["missing"] == [] && tree["extra"] == [])
    #expect(tree["misshapen"] == [] && tree["dtypes"]?["F32"] == tree["count"])
    #expect(tree["configuration"]?["text"]?["cls_mask"] == "legacy")
    let text = try convert("inspect", "folder")
    #expect(text.code == 0 && text.output.contains("nothing is missing, nothing is extra"))
    #expect(text.output.contains("visual.conv1.weight"))
    let exported = try convert("export", "models/coca", "--to", "again", "--format", "openclip")
    #expect(exported.code == 0 && exported.errors.isEmpty, "\(exported.all)")
    #expect(exported.output.contains("open_clip.create_model(\"local-dir:again\")"))
    #expect(!exported.output.contains("correct_cls_mask"))
    for name in [OpenCLIPExport.weightsFile, OpenCLIPConfiguration.fileName] {
      #expect(try home.data("again/\(name)") == home.data("folder/\(name)"))
    }
  }

  @Test("the correct CLS mask is told on export by the line of Python that sets it")
  func clsMask() throws {
    try makeFolder()
    let imported = try convert("import", "folder", "--to", "in", "--cls-mask", "correct")
    #expect(imported.code == 0, "\(imported.all)")
    let exported = try convert("export", "in", "--to", "out", "--format", "openclip")
    #expect(exported.output.contains("\nmodel.text.correct_cls_mask = True\n"), "\(exported.all)")
  }

  @Test("for PyTorch every layout gets out with the module that opens it, under both names",
        arguments: ["pytorch", "safetensors"])
  func pyTorch(format: String) throws {
    try makeFolder()
    let imported = try convert("import", "folder", "--to", "openclip")
    #expect(imported.code == 0, "\(imported.all)")
    try TinyCheckpoint.write(to: home.file("paper"))
    let module = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Sources/PyTorch/coca.py")
    for checkpoint in ["openclip", "paper"] {
      let folder = "\(checkpoint)-out"
      let exported = try convert("export", checkpoint, "--to", folder, "--format", format)
      #expect(exported.code == 0 && exported.output.contains("not this folder"), "\(exported.all)")
      #expect(exported.output.contains("\nmodel = CoCa.from_pretrained(\"\(folder)\")\n"))
      #expect(
        try home.files(below: folder) == ["coca.py", "configuration.json", "model.safetensors"])
      #expect(try home.data("\(folder)/coca.py") == Data(contentsOf: module))
      let expected = try TensorFiles(folder: home.path(checkpoint), name: "model")
      let found = try TensorFiles(folder: home.path(folder), name: "model")
      #expect(found.entries.map(\.name) == expected.entries.map(\.name))
      for entry in expected.entries {
        #expect(try found.tensor(entry.name).values == expected.tensor(entry.name).values)
      }
    }
  }

  @Test("what cannot come in ends with its code and one line, and nothing is written")
  func refusals() throws {
    try makeFolder()
    try expectRefusal(try convert("import", "nowhere", "--to", "out"), 64, "No such file")
    let evil = TorchForge.archive(
      pickle: [0x80, 2] + TorchForge.global("os", "system") + [0x58, 4, 0, 0, 0]
        + Array("true".utf8) + [0x85, 0x52, 0x2E])
    try Data(evil.bytes).write(to: home.file("evil.pt"))
    try expectRefusal(
      try convert("import", "evil.pt", "--to", "out", "--model", "coca_ViT-B-32"), 65,
      "evil.pt: its pickle asks for os.system", "torch.save(model.state_dict(), FILE)")
    var climbing = TorchForge.archive(.dictionary([]))
    climbing.entries[1].name = "../../etc/passwd"
    try Data(climbing.bytes).write(to: home.file("climbing.bin"))
    try expectRefusal(
      try convert("import", "climbing.bin", "--to", "out", "--model", "coca_base"), 65,
      "the path \"../../etc/passwd\", which leaves the archive")
    try expectRefusal(
      try convert("import", "folder", "--to", "out", "--model", "coca_base"), 65, "lacks ",
      "Check that it belongs to this model")
    try expectRefusal(
      try convert("import", "folder", "--to", "out", "--optimizer"), 65, "no optimizer's state")
    try expectRefusal(
      try convert("import", "folder", "--to", "out", "--tokenizer", "evil.pt"), 65, "evil.pt")
    try home.write("{\"embed_dim\":", to: "cut.json")
    try expectRefusal(
      try convert("import", "folder", "--to", "out", "--model", "cut.json"), 65, "cut.json",
      "Correct the file")
    let weights = home.file("folder/\(OpenCLIPExport.weightsFile)").path
    truncate(weights, off_t(try home.data("folder/\(OpenCLIPExport.weightsFile)").count - 1))
    try expectRefusal(try convert("import", "folder", "--to", "out"), 65, weights)
  }

  @Test("a target that is there is not touched, unless it is an empty folder")
  func occupied() throws {
    try makeFolder()
    try home.write("mine", to: "there")
    for arguments in [
      ["import", "folder", "--to", "there"],
      ["export", "folder", "--format", "openclip", "--to", "folder"],
    ] {
      let outcome = try Job.run("coca-convert", arguments, in: home.url)
      #expect(outcome.code == 64, "\(outcome.all)")
      #expect(outcome.errors.contains("exists already. Remove it, or give another path"))
    }
    #expect(try home.text("there") == "mine")
    try FileManager.default.createDirectory(
      at: home.file("empty"), withIntermediateDirectories: false)
    #expect(try convert("import", "folder", "--to", "empty").code == 0)
    #expect(home.exists("empty/state.json"))
  }

  @Test("a full disk ends with 74 and leaves nothing")
  func fullDisk() throws {
    try makeFolder()
    // A file of more than 8 KiB fails as it would on a full disk, but with EFBIG.
    let prelude = "trap '' XFSZ; ulimit -f 16"
    try expectRefusal(
      try convert("import", "folder", "--to", "out", after: prelude), 74, "out.tmp/")
    try expectRefusal(
      try convert("export", "folder", "--to", "out", "--format", "openclip", after: prelude), 74,
      "out.tmp/")
  }

  @Test("a model of layout paper is no model of open_clip's, and says how it gets out")
  func paper() throws {
    try TinyCheckpoint.write(to: home.file("paper"))
    try expectRefusal(
      try convert("export", "paper", "--to", "out", "--format", "openclip"), 64,
      "its layout is paper", "--format pytorch")
  }

  @Test("usage errors end with 64", arguments: [
    ["import", "folder"], ["import", "folder", "--to", "x", "--cls-mask", "wrong"],
    ["export", "folder", "--to", "x"], ["export", "folder", "--to", "x", "--format", "onnx"],
    ["inspect"], ["merge"], ["import", "folder", "--to", ""],
    ["export", "folder", "--to", "", "--format", "openclip"],
  ])
  func usage(arguments: [String]) throws {
    let outcome = try Job.run("coca-convert", arguments, in: home.url)
    #expect(outcome.code == 64 && outcome.output.isEmpty, "\(outcome.all)")
  }
}
