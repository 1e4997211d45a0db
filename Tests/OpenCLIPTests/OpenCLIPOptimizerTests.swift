import Checkpoints
import CoCaModel
import Foundation
import OpenCLIP
import TestSupport
import Tensors
import Testing

@Suite("AdamW's state of open_clip")
struct OpenCLIPOptimizerTests {
  /// A training checkpoint whose moments are numbered: element e of tensor t has t + e / 1000, the
  /// second moments are ten times the first.
  private struct World {
    let model: CoCa
    let home: TestFolder
    var sparesPositions = false
    var group: [(ForgedValue, ForgedValue)] = [
      (.text("lr"), .number(3e-4)), (.text("betas"), .tuple([.number(0.9), .number(0.98)])),
      (.text("eps"), .number(1e-6)), (.text("amsgrad"), .bool(false)),
    ]
    var step: (Int) -> ForgedValue = { _ in .tensor(ForgedTensor([7], [])) }
    var groupSizes: [Int]?
    var skipped: Int?

    init() throws {
      model = try Fixture.model(Fixture.models()[1])
      home = try TestFolder()
    }

    func first(_ tensor: Int, _ element: Int) -> Float { Float(tensor) + Float(element) / 1000 }

    func open() throws -> OpenCLIPOptimizer {
      try Fixture.write(model.configuration, to: home)
      let tensors = Fixture.stateDict(model)
      func isSpared(_ index: Int) -> Bool {
        tensors[index].tensor.shape.count < 2
          || sparesPositions && tensors[index].name.contains("positional_embedding")
      }
      let spared = tensors.indices.filter(isSpared)
      let order = spared + tensors.indices.filter { !isSpared($0) }
      let states = order.enumerated().compactMap { number, tensor in
        number == skipped
          ? nil : (ForgedValue.integer(number), state(tensor, tensors[tensor].tensor))
      }
      let sizes = groupSizes ?? [spared.count, order.count - spared.count]
      let numbers = [0..<sizes[0], sizes[0]..<sizes[0] + sizes[1]]
      let groups = zip(numbers, [0, 0.2]).map { numbers, decay in
        ForgedValue.dictionary(
          group + [
            (.text("weight_decay"), .number(decay)),
            (.text("params"), .list(numbers.map(ForgedValue.integer))),
          ])
      }
      try Fixture.write(
        .dictionary([
          (.text("epoch"), .integer(1)),
          (.text("state_dict"), .orderedDictionary(
            tensors.map { (.text("module.\($0.name)"), .tensor(ForgedTensor($0.tensor))) })),
          (.text("optimizer"), .dictionary([
            (.text("state"), .dictionary(states)), (.text("param_groups"), .list(groups)),
          ])),
        ]), to: home.file("epoch_1.pt"))
      return try OpenCLIPOptimizer(OpenCLIPSource(home.file("epoch_1.pt")))
    }

    private func state(_ tensor: Int, _ like: Tensor) -> ForgedValue {
      let values = (0..<like.count).map { first(tensor, $0) }
      return .dictionary([
        (.text("step"), step(tensor)),
        (.text("exp_avg"), .tensor(ForgedTensor(values, like.shape))),
        (.text("exp_avg_sq"), .tensor(ForgedTensor(values.map { 10 * $0 }, like.shape))),
      ])
    }

    func refusal() -> String {
      do {
        _ = try open()
        return ""
      } catch { return "\(error)" }
    }
  }

  @Test("moments go where their weights go, numbered by 3.3.0's groups or the later ones",
    arguments: [false, true])
  func moments(sparesPositions: Bool) throws {
    var world = try World()
    world.sparesPositions = sparesPositions
    let optimizer = try world.open()
    #expect(optimizer.step == 7 && optimizer.sparesPositions == sparesPositions)
    #expect(optimizer.groups.map(\.weightDecay) == [0, 0.2])
    #expect(optimizer.groups.last?.learningRate == 3e-4 && optimizer.groups.last?.beta2 == 0.98)
    var moments: [String: Tensor] = [:]
    for parameter in world.model.parameters.parameters {
      moments["1" + parameter.name] = Tensor(parameter.shape)
      moments["2" + parameter.name] = Tensor(parameter.shape)
    }
    let found = moments
    func moment(_ name: String) -> Tensor { found[name] ?? Tensor([]) }
    try optimizer.read(first: { moment("1" + $0) }, second: { moment("2" + $0) })
    for (index, tensor) in OpenCLIPLayout(world.model.configuration).tensors.enumerated() {
      let expected = (0..<tensor.count).map { world.first(index, $0) }
      #expect(tensor.gather { moment("1" + $0) }.values == expected, "\(tensor.name)")
      #expect(tensor.gather { moment("2" + $0) }.values == expected.map { 10 * $0 })
    }
  }

  @Test("a step that is a plain number, as older torch has it, is read")
  func oldStep() throws {
    var world = try World()
    world.step = { _ in .integer(12) }
    #expect(try world.open().step == 12)
  }

  @Test("what is no AdamW over all of the model is refused by name")
  func refusals() throws {
    func refusal(_ change: (inout World) -> Void) throws -> String {
      var world = try World()
      change(&world)
      return world.refusal()
    }
    #expect(try refusal { $0.groupSizes = [5, 84] }.contains("groups of [5, 84] tensors"))
    #expect(try refusal { $0.skipped = 3 }.contains("state number 3 of the shape of"))
    #expect(try refusal { $0.step = { .integer($0) } }.contains("different steps"))
    #expect(try refusal { $0.step = { _ in .integer(-1) } }.contains("no AdamW state"))
    let nan = ForgedValue.tensor(ForgedTensor([.nan], []))
    #expect(try refusal { $0.step = { _ in nan } }.contains("no AdamW state"))
    for (index, value) in [(3, ForgedValue.bool(true)), (1, .none), (0, .text("x"))] {
      #expect(try refusal { $0.group[index].1 = value }.contains("not a plain AdamW"))
    }
    #expect(try refusal { $0.group.append((.text("maximize"), .bool(true))) }.contains("a plain"))
  }

  @Test("weights alone, and positions of another size, have no state that fits")
  func withoutState() throws {
    let world = try World()
    let folder = world.home.file("out")
    try OpenCLIPExport.write(world.model, attachments: [:], of: "test", to: folder)
    let error = #expect(throws: CheckpointError.self) {
      try OpenCLIPOptimizer(OpenCLIPSource(folder))
    }
    #expect(error?.description.contains("holds no optimizer's state") == true)
    _ = try world.open()
    var longer = world.model.configuration
    longer.text.context += 1
    try Fixture.write(longer, to: world.home)
    let other = #expect(throws: CheckpointError.self) {
      try OpenCLIPOptimizer(OpenCLIPSource(world.home.file("epoch_1.pt")))
    }
    #expect(other?.description.contains("other positions than the model's") == true)
  }
}
