import Checkpoints
import CoCaModel
import Collectives
import Evaluation
import Foundation
import OpenCLIP
import Tensors
import TestSupport
import Testing

@Suite("Where a model comes from")
struct ModelSourceTests {
  private static func shape() throws -> ModelConfiguration {
    var shape = try #require(ModelConfiguration.preset("coca_ViT-B-32"))
    shape.joint = 12
    (shape.image.size, shape.image.patch, shape.image.queries) = (8, 4, 3)
    (shape.image.width, shape.image.heads, shape.image.layers, shape.image.mlp) = (10, 2, 1, 20)
    shape.image.poolerHeads = 3
    (shape.text.width, shape.text.heads, shape.text.layers, shape.text.mlp) = (12, 2, 1, 14)
    (shape.text.context, shape.text.vocabulary) = (16, 40)
    shape.text.clsMask = .legacy
    (shape.multimodal.heads, shape.multimodal.mlp, shape.multimodal.layers) = (3, 48, 1)
    return shape
  }

  private static func model(_ shape: ModelConfiguration) -> CoCa {
    let model = CoCa(shape, vocabularySize: 40)
    model.parameters.allocate(training: false)
    model.parameters.initialize(seed: 4)
    return model
  }

  private func save(_ model: CoCa, in world: SmallWorld) throws -> URL {
    let folder = world.folder.file(UUID().uuidString)
    let saved = SavedModel(model: model, tokenizer: nil)
    try Checkpoint.write(
      CheckpointContents(
        step: 0, seed: 0, version: "0", configuration: .null, model: saved.tensors,
        attachments: try saved.attachments()),
      to: folder)
    return folder
  }

  @Test("every rank reads open_clip's folder as it reads a checkpoint", arguments: 1...3)
  func folder(size: Int) throws {
    let world = try SmallWorld()
    let model = Self.model(try Self.shape())
    let folder = world.folder.file("open-clip")
    try OpenCLIPExport.write(model, attachments: [:], of: "test", to: folder)
    let checkpoint = try save(model, in: world)
    let expected = model.parameters.values.values
    for path in [folder, checkpoint] {
      let found = try ThreadRanks.run(size) { ranks in
        let opened = try SavedModel.open(path, over: ranks)
        return (opened.model.configuration, opened.model.parameters.values.values)
      }
      #expect(found.allSatisfy { $0.0 == model.configuration && $0.1 == expected })
    }
  }

  @Test("a model of another image size and text length gets its positions resized",
    arguments: [ModelConfiguration.Layout.paper, .openclip], [false, true])
  func resized(layout: ModelConfiguration.Layout, isFolder: Bool) throws {
    if layout == .paper && isFolder { return }
    let world = try SmallWorld()
    let model =
      layout == .paper ? try SmallWorld.saved(tokenizer: nil).model : Self.model(try Self.shape())
    var path = try save(model, in: world)
    if isFolder {
      path = world.folder.file("open-clip")
      try OpenCLIPExport.write(model, attachments: [:], of: "test", to: path)
    }
    var shape = model.configuration
    shape.image.size = .init(height: 16, width: 12)
    shape.text.context = 20
    let larger = CoCa(shape, vocabularySize: 40)
    let weights = try ModelSource.open(path).weights(for: larger)
    larger.parameters.allocate(training: false)
    try weights.read()
    let old = model.parameters.lookup(\.value), new = larger.parameters.lookup(\.value)
    for parameter in larger.parameters.parameters {
      let before = old(parameter.name)
      let expected =
        switch parameter.name {
        case "imageEncoder.positions": PositionTable.image(of: shape).resized(before)
        case "unimodal.positions": PositionTable.text(of: shape).resized(before)
        default: before
        }
      #expect(new(parameter.name).values == expected.values, "\(parameter.name)")
    }
  }

  @Test("self-attention weights that only one of both has are left alone")
  func attentionSets() throws {
    let world = try SmallWorld()
    let one = try Self.shape()
    var two = one
    two.attentionSets = [.causal, .bidirectional]
    let exported = world.folder.file("open-clip")
    try OpenCLIPExport.write(Self.model(one), attachments: [:], of: "test", to: exported)
    for (path, held, wanted) in [
      (try save(Self.model(one), in: world), one, two),
      (try save(Self.model(two), in: world), two, one), (exported, one, two),
    ] {
      let model = CoCa(wanted, vocabularySize: 40)
      let weights = try ModelSource.open(path).weights(for: model)
      model.parameters.allocate(training: false)
      model.parameters.values.fill(7)
      try weights.read()
      let saved = Self.model(held).parameters
      let names = Set(saved.parameters.map(\.name)), value = saved.lookup(\.value)
      for parameter in model.parameters.parameters {
        let found = parameter.value.values
        let isRead = names.contains(parameter.name)
        #expect(
          isRead ? found == value(parameter.name).values : found.allSatisfy { $0 == 7 },
          "\(parameter.name)")
      }
    }
    #expect(try SavedModel.open(save(Self.model(two), in: world), over: SoloCommunicator())
      .model.configuration.attentionSets == two.attentionSets)
  }

  @Test("weights that are not finite are refused with the tensor and its file", arguments: [
    ("textProjection.weight", "/model.safetensors: textProjection.weight holds", false),
    ("unimodal.tokenTable", "/open_clip_model.safetensors: text.token_embedding.weight", true),
  ])
  func notFinite(name: String, text: String, isFolder: Bool) throws {
    let world = try SmallWorld()
    let model = Self.model(try Self.shape())
    try #require(model.parameters[name]).value.pointer[1] = isFolder ? .nan : .infinity
    var path = try save(model, in: world)
    if isFolder {
      path = world.folder.file("open-clip")
      try OpenCLIPExport.write(model, attachments: [:], of: "test", to: path)
    }
    let error = #expect(throws: CheckpointError.self) { try SavedModel(ModelSource.open(path)) }
    #expect(error?.description.contains(text) == true, "\(error?.description ?? "")")
    #expect(error?.kind == .data)
  }

  @Test("weights of another layout, or of more than other positions, are refused with all names")
  func refusals() throws {
    let world = try SmallWorld()
    let source = try ModelSource.open(save(Self.model(try Self.shape()), in: world))
    let paper = try SmallWorld.saved(tokenizer: nil).model
    let error = #expect(throws: ModelError.self) { try source.weights(for: paper) }
    #expect(error?.description.contains("its layout is openclip, the model's paper") == true)
    var deeper = try Self.shape()
    (deeper.text.layers, deeper.image.width, deeper.image.heads) = (2, 14, 1)
    let names = #expect(throws: CheckpointError.self) {
      try source.weights(for: CoCa(deeper, vocabularySize: 40))
    }
    let text = names?.description ?? ""
    #expect(text.contains("lacks unimodal.layers.1.attentionNorm.gain"), "\(text)")
    #expect(text.contains("imageEncoder.positions [5, 10] instead of [5, 14]"), "\(text)")
  }

  @Test("an inspection tells what is missing, extra and of another shape")
  func inspection() throws {
    let world = try SmallWorld()
    let model = Self.model(try Self.shape())
    let whole = try Inspection(save(model, in: world))
    #expect(whole.kind == .checkpoint && whole.step == 0 && whole.differences?.isEmpty == true)
    #expect(whole.parameters == model.parameters.count)
    #expect(whole.types == ["F32": whole.entries.count])
    let folder = world.folder.file("open-clip")
    try OpenCLIPExport.write(model, attachments: [:], of: "test", to: folder)
    let exported = try Inspection(folder)
    #expect(exported.kind == .openCLIP && exported.differences?.isEmpty == true)
    #expect(exported.parameters == whole.parameters && exported.bytes == whole.bytes)
    var other = model.configuration
    (other.text.context, other.text.layers) = (9, 2)
    let file = folder.appendingPathComponent(OpenCLIPConfiguration.fileName)
    try Data(OpenCLIPConfiguration.json(of: other, place: "test").text().utf8).write(to: file)
    let found = try #require(try Inspection(folder).differences)
    #expect(found.missing.contains("text.transformer.resblocks.1.ln_1.weight"))
    #expect(found.misshapen.map(\.name) == ["text.positional_embedding"] && found.extra.isEmpty)
    try Data("{}".utf8).write(to: file)
    let refused = try Inspection(folder)
    #expect(refused.fault != nil && refused.differences == nil && !refused.entries.isEmpty)
    try FileManager.default.removeItem(at: file)
    let weights = folder.appendingPathComponent(OpenCLIPExport.weightsFile)
    #expect(try Inspection(weights).kind == .file)
  }
}
