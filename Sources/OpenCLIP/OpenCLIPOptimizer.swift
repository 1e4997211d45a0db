import Checkpoints
import CoCaModel
import Tensors

/// AdamW's state in a training checkpoint of open_clip, checked to fit the model.
///
/// torch numbers it over both groups, first the tensors that do not decay and then those that do,
/// each group in the order of the model's parameters.
/// - Source: open_clip 3.3.0, `open_clip_train/main.py`; torch, `optim/adamw.py`.
public struct OpenCLIPOptimizer: Sendable {
  /// The settings of one group of parameters.
  public struct Group: Sendable, Equatable {
    /// The learning rate of the last step.
    public let learningRate: Double
    public let beta1: Double
    public let beta2: Double
    public let epsilon: Double
    public let weightDecay: Double
  }

  /// Updates done.
  public let step: Int
  /// First the tensors that do not decay, then those that do.
  public let groups: [Group]
  /// Whether positions do not decay, as in open_clip's main branch after 3.3.0.
  public let sparesPositions: Bool
  private let file: PyTorchFile
  /// By the tensor's name in open_clip.
  private let moments: [String: Moments]
  private let layout: OpenCLIPLayout

  private struct Moments {
    let step: Int
    let first: PyTorchTensor
    let second: PyTorchTensor
  }

  /// - Throws: `CheckpointError` where the file is not a training checkpoint, or where its
  ///   optimizer is not an AdamW over all of the model's parameters.
  public init(_ source: OpenCLIPSource) throws(CheckpointError) {
    let place = source.place
    guard let (file, root) = source.stateDict.checkpoint, let optimizer = root["optimizer"],
      let state = optimizer["state"], let list = optimizer["param_groups"]?.list
    else { throw Self.refused(place, "holds no optimizer's state") }
    guard !source.weights.isResized else {
      throw Self.refused(place, "has an optimizer's state for other positions than the model's")
    }
    layout = source.weights.layout
    self.file = file
    groups = try Self.groups(list, place: place)
    let order = try Self.order(list, source)
    sparesPositions = order.sparesPositions
    var moments: [String: Moments] = [:]
    var shapes: [String: [Int]] = [:]
    for entry in source.stateDict.entries { shapes[entry.name] = entry.shape }
    let states = Dictionary(
      (state.dictionary ?? []).map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    for (index, name) in order.names.enumerated() {
      guard let found = try Self.moments(states[.integer(index)], file, shape: shapes[name]) else {
        throw Self.refused(place, "has no AdamW state number \(index) of the shape of \(name)")
      }
      moments[name] = found
    }
    let steps = Set(moments.values.map(\.step))
    guard steps.count == 1, let step = steps.first else {
      throw Self.refused(place, "has an optimizer whose tensors are at different steps")
    }
    self.step = step
    self.moments = moments
  }

  private static func refused(_ place: String, _ what: String) -> CheckpointError {
    CheckpointError(
      place,
      .unsupported(what, remedy: "Import the weights alone, without --optimizer"))
  }

  private static func groups(
    _ list: [PickleValue], place: String
  ) throws(CheckpointError) -> [Group] {
    var groups: [Group] = []
    for group in list {
      guard let rate = group["lr"]?.number, let betas = group["betas"]?.list, betas.count == 2,
        let beta1 = betas[0].number, let beta2 = betas[1].number,
        let epsilon = group["eps"]?.number, let decay = group["weight_decay"]?.number,
        group["amsgrad"]?.bool != true, group["maximize"]?.bool != true,
        group["decoupled_weight_decay"]?.bool != false
      else { throw refused(place, "has an optimizer that is not a plain AdamW") }
      groups.append(
        Group(
          learningRate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: decay))
    }
    return groups
  }

  /// Names in the order of the optimizer's numbers.
  private static func order(
    _ list: [PickleValue], _ source: OpenCLIPSource
  ) throws(CheckpointError) -> (names: [String], sparesPositions: Bool) {
    let counts = list.map { $0["params"]?.list?.count ?? 0 }
    let numbers = list.flatMap { $0["params"]?.list ?? [] }.map(\.integer)
    let entries = source.stateDict.entries
    for sparesPositions in [false, true] {
      func isSpared(_ entry: TensorEntry) -> Bool {
        entry.shape.count < 2 || sparesPositions && entry.name.hasSuffix(".positional_embedding")
      }
      let names = entries.filter(isSpared) + entries.filter { !isSpared($0) }
      let spared = entries.filter(isSpared).count
      if counts == [spared, entries.count - spared], numbers == Array(entries.indices) {
        return (names.map(\.name), sparesPositions)
      }
    }
    throw refused(
      source.place,
      "has an optimizer with groups of \(counts) tensors, not open_clip's of this model")
  }

  private static func moments(
    _ state: PickleValue?, _ file: PyTorchFile, shape: [Int]?
  ) throws(CheckpointError) -> Moments? {
    guard let state, let first = state["exp_avg"]?.tensor, first.shape == shape,
      let second = state["exp_avg_sq"]?.tensor, second.shape == shape,
      let step = try step(state["step"], file)
    else { return nil }
    return Moments(step: step, first: first, second: second)
  }

  /// A float32 tensor without dimensions; in older files a number.
  private static func step(
    _ value: PickleValue?, _ file: PyTorchFile
  ) throws(CheckpointError) -> Int? {
    var step = value?.integer
    if let tensor = value?.tensor, tensor.count == 1 {
      let scalar = Tensor([])
      try file.read(tensor, named: "step", into: scalar.buffer)
      step = Int(exactly: scalar.pointer[0])
    }
    return step.flatMap { (0..<1 << 53).contains($0) ? $0 : nil }
  }

  /// Fills the moments of an AdamW.
  /// - Parameters:
  ///   - first: the first moment of one of our parameters, by its name.
  ///   - second: the second.
  public func read(
    first: @escaping (String) -> Tensor, second: @escaping (String) -> Tensor
  ) throws(CheckpointError) {
    for tensor in layout.tensors {
      guard let moments = moments[tensor.name] else { preconditionFailure("checked in init") }
      for (moment, target) in [(moments.first, first), (moments.second, second)] {
        let whole = Tensor(moment.shape)
        try file.read(moment, named: "moment of \(tensor.name)", into: whole.buffer)
        tensor.scatter(whole, into: target)
      }
    }
  }
}
