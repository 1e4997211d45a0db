import Checkpoints
import Foundation
import TestSupport
import Testing

@Suite("Files of torch.save")
struct PyTorchFileTests {
  static func fixture(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/\(name)").path
  }

  private func values(_ name: String, _ tensors: PyTorchTensors) throws -> [Float] {
    try tensors.tensor(name).values
  }

  @Test(
    "torch's own files are read: every float type, strides, shared storages, parameters",
    arguments: ["tensors.pt", "tensors-protocol-4.pt"])
  func real(name: String) throws {
    let file = try PyTorchFile(path: Self.fixture(name))
    let tensors = try PyTorchTensors(#require(file.root.dictionary), in: file)
    let base: [Float] = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5]
    for type in ["float", "half", "brain"] { #expect(try values(type, tensors) == base) }
    #expect(try values("double", tensors) == base.map { Float(Double($0) / 3) })
    #expect(try values("scalar", tensors) == [0.25])
    #expect(tensors["scalar"]?.shape == [] && tensors["half"]?.type == .float16)
    #expect(try values("transposed", tensors) == [-2.5, 0.5, -1.5, 1.5, -0.5, 2.5])
    #expect(tensors["transposed"]?.shape == [3, 2])
    #expect(try values("column", tensors) == [-1.5, 1.5])
    #expect(try values("shared", tensors) == [0.5, 1.5, 2.5])
    #expect(try values("channels_last", tensors) == (0..<24).map { Float($0) })
    #expect(try values("parameter", tensors) == [7])
    #expect(try values("empty", tensors) == [] && tensors["empty"]?.shape == [0, 3])
    #expect(tensors.entries.count == 11)
  }

  @Test("torch's format from before 1.6 is refused with the way to save it anew")
  func old() throws {
    let error = #expect(throws: CheckpointError.self) {
      try PyTorchFile(path: Self.fixture("before-1.6.pt"))
    }
    #expect(error?.description.contains("before 1.6") == true)
    #expect(error?.description.contains("torch.save(torch.load(") == true)
  }

  @Test("torch's own training checkpoint: names, groups, moments and step")
  func checkpoint() throws {
    let file = try PyTorchFile(path: Self.fixture("epoch_1.pt"))
    #expect(file.root["epoch"]?.integer == 1 && file.root["name"]?.string == "fixture")
    let state = try PyTorchTensors(#require(file.root["state_dict"]?.dictionary), in: file)
    #expect(state.entries.map(\.name) == ["module.weight", "module.bias"])
    let optimizer = try #require(file.root["optimizer"])
    let groups = try #require(optimizer["param_groups"]?.list)
    #expect(groups.map { $0["weight_decay"]?.number } == [0, 0.2])
    #expect(groups[1]["betas"]?.list?.compactMap(\.number) == [0.9, 0.98])
    #expect(groups.flatMap { $0["params"]?.list ?? [] }.compactMap(\.integer) == [0, 1])
    let weight = try #require(optimizer["state"]?[.integer(1)])
    let moments = try PyTorchTensors(try #require(weight.dictionary), in: file)
    #expect(try values("step", moments) == [1])
    #expect(try values("exp_avg", moments).allSatisfy { abs($0 - 0.1) < 1e-7 })
    #expect(moments["exp_avg_sq"]?.shape == [2, 3])
  }

  @Test("containers keep their order, types and numbers", arguments: [false, true])
  func containers(wide: Bool) throws {
    let tensor = ForgedTensor([1, 2, 3], [3])
    let file = try open(
      TorchForge.file(
        .dictionary([
          (.text("epoch"), .integer(-7)), (.text("lr"), .number(5e-4)), (.text("none"), .none),
          (.integer(3), .tuple([.bool(true), .list([.text("ü")])])),
          (.text("state"), .orderedDictionary([(.text("a"), .tensor(tensor))])),
        ]), wide: wide))
    let root = file.root
    #expect(root["epoch"]?.integer == -7 && root["lr"]?.number == 5e-4)
    #expect(root[.integer(3)]?.list?.first?.bool == true)
    #expect(root[.integer(3)]?.list?.last?.list?.first?.string == "ü")
    #expect(root["state"]?["a"]?.tensor?.shape == [3])
    #expect(root["absent"] == nil && root.dictionary?.count == 5)
  }

  @Test("a storage of 5 GB is found through Zip64 and not read")
  func beyondFourGigabytes() throws {
    let home = try TestFolder()
    let floats = 5 << 28
    var tensor = ForgedTensor([], [floats])
    tensor.elements = floats
    var zip = TorchForge.archive(
      .dictionary([
        (.text("big"), .tensor(tensor)), (.text("after"), .tensor(ForgedTensor([2], [1]))),
      ]), wide: true)
    zip.entries[2].hole = 4 * floats
    let url = home.url.appendingPathComponent("big.pt")
    try zip.write(to: url)
    let file = try PyTorchFile(path: url.path)
    #expect(file.root["big"]?.tensor?.count == floats)
    let tensors = try PyTorchTensors(#require(file.root.dictionary), in: file)
    #expect(try values("after", tensors) == [2])
    #expect(try #require(tensors["after"]).offset > 1 << 32)
  }

  private func open(_ bytes: [UInt8]) throws -> PyTorchFile {
    let home = try TestFolder()
    try home.write(bytes, to: "x.pt")
    return try PyTorchFile(path: home.path("x.pt"))
  }
}
