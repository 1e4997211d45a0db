import Autograd
import CoCaModel
import Collectives
import Tensors
import TestSupport
import Testing
import Text

@Suite("A step's gradients")
struct CompletionTests {
  @Test(
    "are told complete once each, when nothing is added any more",
    arguments: SmallModel.Kind.allCases, [nil, 2])
  func complete(kind: SmallModel.Kind, microbatch: Int?) throws {
    for recomputes in [false, true] {
      for pairs in [5, 0] {
        let small = try SmallModel(kind)
        var told: [(parameter: Parameter, gradient: [Float])] = []
        let objective = Objective(
          small.model, .coca, microbatch: microbatch,
          recomputesBlocks: recomputes, over: SoloCommunicator(),
          completed: { told.append(($0, $0.gradient.values)) })
        let (images, captions) = small.part(0..<pairs)
        _ = try objective.backward(Pairs(images, captions))
        #expect(told.map(\.parameter.index).sorted() == small.model.parameters.parameters.indices.map { $0 })
        for (parameter, gradient) in told {
          #expect(parameter.gradient.values == gradient, "\(parameter.name)")
        }
      }
    }
  }

  @Test("are complete in about the reverse order of their declaration: buckets need not wait",
    arguments: [nil, 2])
  func order(microbatch: Int?) throws {
    let small = try SmallModel()
    var order: [Int] = []
    let objective = Objective(
      small.model, .coca, microbatch: microbatch, over: SoloCommunicator(),
      completed: { order.append($0.index) })
    _ = try objective.backward(Pairs(small.images, small.captions))
    let names = small.model.parameters.parameters.map(\.name)
    func place(_ prefix: String) -> [Int] {
      order.indices.filter { names[order[$0]].hasPrefix(prefix) }
    }
    let stages = [
      "vocabularyProjection", "multimodal", "unimodal.layers", "captionPooler",
      "imageEncoder.layers",
    ].map(place)
    for (earlier, later) in zip(stages, stages.dropFirst()) {
      #expect((earlier.max() ?? 0) < (later.min() ?? 0))
    }
  }
}
