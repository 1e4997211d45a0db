import Checkpoints
import CoCaModel
import Foundation
import OpenCLIP
import Tensors
import Testing

@Suite("open_clip's names")
struct OpenCLIPNamesTests {
  @Test("names, shapes and order are those of open_clip's state dicts")
  func stateDicts() throws {
    let worlds = try Fixture.json("state_dicts.json").array ?? []
    #expect(worlds.count == 3)
    for world in worlds {
      let shape = try OpenCLIPConfiguration(world, place: "fixture", clsMask: .legacy).model
      let found = OpenCLIPLayout(shape).tensors
      let expected = (world["tensors"]?.array ?? []).map(\.array)
      #expect(found.map(\.name) == expected.map { $0?[0].string })
      #expect(found.map(\.shape) == expected.map { $0?[1].array?.compactMap(\.integer) })
    }
  }

  @Test(
    "the named models have as many tensors and parameters as open_clip's",
    arguments: [
      ("coca_ViT-B-32", 629, 253_560_065), ("coca_ViT-L-14", 773, 638_450_177),
      ("coca_base", 618, 440_337_409),
    ])
  func counts(name: String, tensors: Int, parameters: Int) throws {
    let shape = try #require(ModelConfiguration.preset(name))
    let layout = OpenCLIPLayout(shape)
    #expect(layout.tensors.count == tensors)
    #expect(layout.tensors.reduce(0) { $0 + $1.count } == parameters)
  }

  @Test("every parameter of the model is a part of one tensor, and nothing else is")
  func parameters() throws {
    for world in try Fixture.json("state_dicts.json").array ?? [] {
      let shape = try OpenCLIPConfiguration(world, place: "fixture", clsMask: .legacy).model
      let model = CoCa(shape, vocabularySize: 0)
      model.parameters.allocate(training: false)
      let values = model.parameters.lookup(\.value)
      var found: [String] = []
      for tensor in OpenCLIPLayout(shape).tensors {
        found += tensor.parameters
        #expect(tensor.gather(values).shape == tensor.shape)
      }
      #expect(found.sorted() == model.parameters.parameters.map(\.name).sorted())
    }
  }

  @Test("what is scattered is gathered again, and a projection is transposed on the way")
  func roundTrip() throws {
    let worlds = try Fixture.json("state_dicts.json").array ?? []
    let shape = try OpenCLIPConfiguration(worlds[0], place: "fixture", clsMask: .legacy).model
    let model = CoCa(shape, vocabularySize: 0)
    model.parameters.allocate(training: false)
    let values = model.parameters.lookup(\.value)
    for tensor in OpenCLIPLayout(shape).tensors {
      let whole = Tensor((0..<tensor.count).map(Float.init), shape: tensor.shape)
      tensor.scatter(whole, into: values)
      #expect(tensor.gather(values).values == whole.values, "\(tensor.name)")
    }
    let projection = values("vocabularyProjection")
    #expect(projection.shape == [97, 24])
    #expect(Array(projection.values.prefix(3)) == [0, 97, 194])
    #expect(values("imageEncoder.layers.1.attention.key.bias").values.first == 30)
  }
}
