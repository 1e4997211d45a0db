import Checkpoints
import CoCaModel
import Foundation
import OpenCLIP
import TestSupport
import Tensors
import Testing

@Suite("An open_clip model where it lies")
struct OpenCLIPSourceTests {
  /// The weights of a source, in the order of our parameters.
  private func values(_ source: OpenCLIPSource) throws -> [Float] {
    let model = CoCa(source.configuration, vocabularySize: 0)
    model.parameters.allocate(training: false)
    try source.weights.read(into: model)
    return model.parameters.values.values
  }

  private func ordered(
    _ model: CoCa, prefix: String = "", _ change: (String, Tensor) -> ForgedTensor? = { .init($1) }
  ) -> ForgedValue {
    .orderedDictionary(
      Fixture.stateDict(model).compactMap { name, tensor in
        change(name, tensor).map { (.text(prefix + name), .tensor($0)) }
      })
  }

  @Test("what is exported is read again bit for bit, and is open_clip's in name and shape")
  func roundTrip() throws {
    for shape in try Fixture.models() {
      let model = try Fixture.model(shape)
      let home = try TestFolder()
      let folder = home.file("out")
      try OpenCLIPExport.write(
        model, attachments: ["merges.txt.note": Data("x".utf8)], of: "test", to: folder)
      #expect(
        try home.files(below: "out") == [
          "merges.txt.note", "open_clip_config.json", "open_clip_model.safetensors",
        ])
      let source = try OpenCLIPSource(folder)
      #expect(source.configuration == shape && source.notices.isEmpty && source.tokenizer == nil)
      let expected = model.parameters.values.values.map(\.bitPattern)
      #expect(try values(source).map(\.bitPattern) == expected)
      let files = try TensorFiles(file: source.place)
      for (name, tensor) in Fixture.stateDict(model) {
        #expect(try files.tensor(name).shape == tensor.shape)
        #expect(try files.tensor(name).values == tensor.values, "\(name)")
      }
      #expect(files["logit_scale"]?.shape == [])
    }
  }

  @Test(
    "a state dict comes in bare, in a training checkpoint, and with module. before every name",
    arguments: ["", "module."], [false, true])
  func wrappings(prefix: String, isWrapped: Bool) throws {
    let model = try Fixture.model()
    let home = try TestFolder()
    let state = ordered(model, prefix: prefix)
    let whole: ForgedValue =
      isWrapped
      ? .dictionary([(.text("epoch"), .integer(3)), (.text("state_dict"), state)]) : state
    try Fixture.write(whole, to: home.file("epoch_3.pt"))
    try Fixture.write(model.configuration, to: home)
    let source = try OpenCLIPSource(home.file("epoch_3.pt"))
    #expect(try values(source) == model.parameters.values.values)
  }

  @Test("half, bfloat16 and double tensors become float32; a logit scale of one element a scalar")
  func types() throws {
    let model = try Fixture.model()
    for parameter in model.parameters.parameters {
      // What all types can say.
      for index in 0..<parameter.count {
        parameter.value.pointer[index] = Float((index * 7) % 64) / 16 - 2
      }
    }
    let home = try TestFolder()
    try Fixture.write(model.configuration, to: home)
    let kinds: [(String, (Float) -> [UInt8])] = [
      ("HalfStorage", { little(Float16($0).bitPattern) }),
      ("BFloat16Storage", { little(UInt16($0.bitPattern >> 16)) }),
      ("DoubleStorage", { little(Double($0).bitPattern) }),
    ]
    for (storage, bytes) in kinds {
      let state = ordered(model) { name, tensor in
        let shape = name == "logit_scale" ? [1] : tensor.shape
        return ForgedTensor(storage, contents: tensor.values.flatMap(bytes), shape)
      }
      try Fixture.write(state, to: home.file("x.bin"))
      #expect(try values(OpenCLIPSource(home.url)) == model.parameters.values.values)
    }
  }

  @Test("missing, extra and misshapen tensors are told in one error that names them all")
  func differences() throws {
    let model = try Fixture.model()
    let home = try TestFolder()
    try Fixture.write(model.configuration, to: home)
    let state = ordered(model) { name, tensor in
      switch name {
      case "text.cls_emb", "visual.ln_post.bias": nil
      case "visual.proj": ForgedTensor(tensor.values, [12, 48])
      default: ForgedTensor(tensor)
      }
    }
    guard case .orderedDictionary(var pairs) = state else { return }
    pairs.append((.text("logit_bias"), .tensor(ForgedTensor([0], []))))
    try Fixture.write(.orderedDictionary(pairs), to: home.file("x.bin"))
    let error = #expect(throws: CheckpointError.self) { try OpenCLIPSource(home.url) }
    #expect(
      error?.description == home.file("x.bin").path
        + ": lacks text.cls_emb, visual.ln_post.bias; holds what the model does not have: "
        + "logit_bias; holds in another shape visual.proj [12, 48] instead of [24, 24]. "
        + "Check that it belongs to this model")
  }

  @Test("positions of another image size or text length are resized and told")
  func positions() throws {
    var shape = try Fixture.models()[1]
    (shape.image.size, shape.image.patch) = (24, 6)
    let model = try Fixture.model(shape)
    let home = try TestFolder()
    try OpenCLIPExport.write(model, attachments: [:], of: "test", to: home.file("in"))
    shape.image.size = .init(height: 36, width: 18)
    shape.text.context = 20
    try Fixture.write(shape, to: home)
    let source = try OpenCLIPSource(
      home.file("in"), model: .file(home.file(OpenCLIPConfiguration.fileName)))
    #expect(source.configuration == shape && source.weights.isResized)
    #expect(source.notices == [
      "text.positional_embedding is resized from 12 to 21 positions",
      "visual.positional_embedding is resized from 17 to 19 positions",
    ])
    let found = CoCa(shape, vocabularySize: 0)
    found.parameters.allocate(training: false)
    try source.weights.read(into: found)
    let old = model.parameters.lookup(\.value), new = found.parameters.lookup(\.value)
    #expect(
      new("imageEncoder.positions").values
        == PositionTable.image(of: shape).resized(old("imageEncoder.positions")).values)
    #expect(new("unimodal.tokenTable").values == old("unimodal.tokenTable").values)
  }

  @Test("the file of weights is the one that open_clip would take")
  func preference() throws {
    let home = try TestFolder()
    func chosen() throws -> String { try OpenCLIPFolder(home.url).weights().lastPathComponent }
    let error = #expect(throws: CheckpointError.self) { try chosen() }
    #expect(error?.description.contains("holds no weights") == true)
    try home.write("", to: "epoch_9.pt")
    let loose = #expect(throws: CheckpointError.self) { try chosen() }
    #expect(loose?.description.contains("such as epoch_9.pt") == true)
    for name in [
      "b.pth", "a.bin", "z.safetensors", "model.pth", "pytorch_model.bin", "model.safetensors",
      "open_clip_pytorch_model.bin", "open_clip_model.safetensors",
    ] {
      try home.write("", to: name)
      #expect(try chosen() == name)
    }
  }

  @Test("sharded checkpoints, folders without configuration and paths to nothing say what to do")
  func elsewhere() throws {
    let home = try TestFolder()
    func refusal(_ url: URL, _ model: OpenCLIPSource.Model? = nil) -> String {
      do {
        _ = try OpenCLIPSource(url, model: model)
        return ""
      } catch { return "\(error)" }
    }
    #expect(refusal(home.file("absent")).contains("No such file"))
    try home.write("", to: ".metadata")
    #expect(refusal(home.url).contains("dcp_to_torch_save"))
    try home.write("", to: "x.bin")
    let bare = refusal(home.url)
    #expect(bare.contains("has no open_clip_config.json") && bare.contains("coca_ViT-L-14"))
    #expect(refusal(home.url, .named("coca_huge")).contains("is not a model of open_clip's"))
    #expect(refusal(home.url, .named("coca_base")).contains("x.bin"))
    try home.write("[", to: OpenCLIPConfiguration.fileName)
    #expect(refusal(home.url).contains("is not valid JSON"))
    #expect(!OpenCLIPSource.isFolder(home.file("x.bin")) && OpenCLIPSource.isFolder(home.url))
  }

  @Test("a dictionary of something else is refused by what it holds")
  func noStateDict() throws {
    let model = try Fixture.model()
    let home = try TestFolder()
    try Fixture.write(model.configuration, to: home)
    let others: [(ForgedValue, String)] = [
      (.dictionary([(.text("epoch"), .integer(3))]), "holds epoch, which is not a tensor"),
      (.list([]), "holds no state dict"),
      (.dictionary([(.text("state_dict"), .none)]), "holds no state dict"),
      (.dictionary([]), "lacks logit_scale"),
    ]
    for (value, reason) in others {
      try Fixture.write(value, to: home.file("x.bin"))
      let error = #expect(throws: CheckpointError.self) { try OpenCLIPSource(home.url) }
      #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
    }
  }
}
