import Tensors

/// The initial values of a parameter.
public enum Initialization: Sendable, Equatable {
  case zeros, ones
  case constant(Float)
  case normal(deviation: Double)
}

/// A weight. Its value and gradient are views of its set's two long buffers.
public final class Parameter {
  /// The kind of tensor, for rules such as which weights decay.
  public enum Kind: Sendable {
    /// A linear, patch or vocabulary weight.
    case matrix
    /// An embedding table, positions, queries or the CLS vector.
    case embedding
    /// A bias, a gain or the logit scale.
    case vector
  }

  public let name: String
  /// Its index among the set's trained parameters.
  public fileprivate(set) var index: Int
  public let shape: [Int]
  public let kind: Kind
  public let initialization: Initialization
  /// Whether it has a gradient and is updated; a frozen one keeps its value.
  public fileprivate(set) var isTrained = true
  public fileprivate(set) var value: Tensor
  private var sum: Tensor
  /// Whether the gradient counts as zeros, whatever its memory holds.
  private var isUnset = false

  /// - Precondition: it is trained and, since the step began, was set.
  public fileprivate(set) var gradient: Tensor {
    get {
      precondition(isTrained, "\(name) is frozen: it has no gradient")
      precondition(!isUnset, "\(name)'s gradient is read before it is set")
      return sum
    }
    set { sum = newValue }
  }

  init(
    name: String, index: Int, shape: [Int], kind: Kind, initialization: Initialization,
    empty: Tensor
  ) {
    self.name = name
    self.index = index
    self.shape = shape
    self.kind = kind
    self.initialization = initialization
    value = empty
    sum = empty
  }

  public var count: Int { shape.reduce(1, *) }
  /// The last dimension; 1 for a scalar.
  public var width: Int { shape.last ?? 1 }
  /// All dimensions but the last, multiplied.
  public var rows: Int { shape.dropLast().reduce(1, *) }

  /// Sets the gradient to zero. A matrix gets its zeros only where `settle` finds that nothing was
  /// added: the first product of a step sets it, without a pass over memory before.
  fileprivate func clearGradient() {
    isUnset = true
    if kind != .matrix { settle() }
  }

  /// Ensures that the memory holds the gradient.
  func settle() {
    guard isTrained, isUnset else { return }
    isUnset = false
    let pointer = gradient.pointer
    Threads.split(count, grain: elementGrain) { range in
      (pointer + range.lowerBound).update(repeating: 0, count: range.count)
    }
  }

  /// What a backward pass writes the gradient into, with `keep` 0 setting every element, with 1
  /// adding to it; nil where it is frozen.
  func target() -> (gradient: Tensor, keep: Float)? {
    guard isTrained else { return nil }
    defer { isUnset = false }
    return (sum, isUnset ? 0 : 1)
  }

  /// Adds sums over rows to the gradient, if there is one: `add` fills one partial sum for each
  /// block of rows; they are added in order.
  func addPartials(rows: Int, _ add: (_ rows: Range<Int>, _ partial: Tensor) -> Void) {
    guard isTrained else { return }
    Parameter.sumPartials(rows: rows, into: [self]) { add($0, $1[0]) }
  }

  /// Rows that are worth a partial sum of their own, and how many partial sums there are at most.
  private static let leastRows = 64
  private static let mostParts = 16

  /// Adds sums over rows to the gradients of those that are trained. Each block of rows has a
  /// partial sum, and these are added in order. The blocks depend on the number of rows alone, and
  /// so do the bits.
  static func sumPartials(
    rows: Int, into targets: [Parameter],
    _ add: (_ rows: Range<Int>, _ partials: [Tensor]) -> Void
  ) {
    let parts = max(1, min(rows / leastRows, mostParts))
    let partials = (0..<parts).map { _ in targets.map { Tensor.zeros([$0.count]) } }
    Threads.tasks(parts) { part, _ in
      add(rows * part / parts..<rows * (part + 1) / parts, partials[part])
    }
    for part in partials {
      for (target, sum) in zip(targets, part) where target.isTrained {
        kernels.accumulate(sum.pointer, target.gradient.pointer, sum.count)
      }
    }
  }
}

/// All of a model's parameters in the order in which they were declared. All values are in one
/// buffer and the gradients of the trained ones in another: summing over ranks, clipping and
/// updating all work on one long vector.
public final class ParameterSet {
  public private(set) var parameters: [Parameter] = []
  /// All values in declaration order, those of frozen parameters after all others; empty before
  /// `allocate`.
  public private(set) var values = Tensor([0])
  /// The gradients of the trained parameters in the same order.
  public var gradients: Tensor {
    settleGradients()
    return sums
  }
  private var sums = Tensor([0])

  private let empty = Tensor([0])
  private var names: Set<String> = []

  public init() {}

  /// Declares a parameter; `allocate` gives it its memory.
  public func declare(
    _ name: String, _ shape: [Int], _ kind: Parameter.Kind, _ initialization: Initialization
  ) -> Parameter {
    precondition(names.insert(name).inserted, "two parameters are called \(name)")
    let parameter = Parameter(
      name: name, index: parameters.count, shape: shape, kind: kind,
      initialization: initialization, empty: empty)
    parameters.append(parameter)
    return parameter
  }

  public var count: Int { parameters.reduce(0) { $0 + $1.count } }

  /// Those that are not frozen.
  public var trained: [Parameter] { parameters.filter(\.isTrained) }

  /// The values of the trained parameters, laid out as the gradients are.
  public var trainedValues: Tensor { values.slice(at: 0, shape: sums.shape) }

  /// Where the gradients lie; a parameter's is there when the backward pass reports it complete.
  public var gradientMemory: UnsafeMutableBufferPointer<Float> { sums.buffer }

  /// Takes parameters out of training: they get no gradient. Call it before `allocate`.
  public func freeze(where isFrozen: (Parameter) -> Bool) {
    for parameter in parameters where isFrozen(parameter) { parameter.isTrained = false }
    for (index, parameter) in trained.enumerated() { parameter.index = index }
  }

  public subscript(name: String) -> Parameter? { parameters.first { $0.name == name } }

  /// Gives every parameter its memory, without setting values. Gradients only if `training`.
  public func allocate(training: Bool) {
    values = Tensor([count])
    sums = training ? Tensor.zeros([trained.reduce(0) { $0 + $1.count }]) : empty
    var start = 0
    for parameter in trained {
      parameter.value = values.slice(at: start, shape: parameter.shape)
      if training { parameter.gradient = sums.slice(at: start, shape: parameter.shape) }
      start += parameter.count
    }
    for parameter in parameters where !parameter.isTrained {
      parameter.value = values.slice(at: start, shape: parameter.shape)
      start += parameter.count
    }
  }

  /// Begins a step by setting all gradients to zero; the backward pass adds to them.
  public func clearGradients() {
    Profile.measure("gradients to zero") {
      for parameter in parameters { parameter.clearGradient() }
    }
  }

  /// Ends a backward pass: the gradients to which it has added nothing are zeros too.
  public func settleGradients() { parameters.forEach { $0.settle() } }

  /// Draws every value from (seed, tensor name); the values are the same on every rank.
  public func initialize(seed: UInt64) {
    for parameter in parameters {
      switch parameter.initialization {
      case .zeros: parameter.value.fill(0)
      case .ones: parameter.value.fill(1)
      case .constant(let value): parameter.value.fill(value)
      case .normal(let deviation):
        let random = CounterRandom(seed: seed, .text("parameter"), .text(parameter.name))
        let pointer = parameter.value.pointer
        Threads.split(parameter.count, grain: elementGrain) { range in
          for i in range { pointer[i] = Float(random.normal(UInt64(i)) * deviation) }
        }
      }
    }
  }
}
