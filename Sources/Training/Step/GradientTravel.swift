import Autograd
import CoCaModel
import Collectives
import Tensors

/// The summing of a step's gradients over the ranks, as the backward pass completes them, on the
/// step's clock and in its profile.
final class GradientTravel {
  /// What the run file decides.
  struct Settings {
    var overlap = RunConfiguration.Overlap.auto
    var wire = Exchange.Wire.float32
    var isSharded = false
  }

  private let reducer: GradientReducer
  private let parameters: ParameterSet
  private let clock: StepClock
  private var trial: OverlapTrial?

  var travelled: (bytes: Int, seconds: Double) { reducer.travelled }

  init(
    _ parameters: ParameterSet, over ranks: any Communicator, clock: StepClock,
    _ settings: Settings
  ) {
    self.parameters = parameters
    self.clock = clock
    let tried: GradientReducer.Overlap? =
      switch settings.overlap {
      case .auto: nil
      case .off: .off
      case .buckets: .buckets
      case .thread: .thread
      }
    trial = tried == nil && ranks.size > 1 ? OverlapTrial() : nil
    reducer = GradientReducer(
      BucketPlan(parameters, ranks: ranks.size), over: ranks, overlap: tried ?? .off,
      wire: settings.wire, isSharded: settings.isSharded
    ) { journey in
      Profile.travelled(
        "\(journey.load.rawValue), bucket \(journey.bucket)", from: journey.start, to: journey.end,
        bytes: journey.bytes)
    }
  }

  /// - Throws: `CollectiveError` where the ranks' models differ. Collective.
  func agree() throws { try reducer.agree() }

  /// Begins a step with gradients of zero.
  func begin() {
    if let trial { reducer.overlap = trial.next }
    reducer.begin(parameters.gradients.buffer)
  }

  /// A gradient has all that this rank adds to it.
  func completed(_ parameter: Parameter) throws {
    reducer.settle(parameter.index)
    guard reducer.wantsMove else { return }
    try clock.measure(.communicate) { try reducer.move() }
  }

  /// Waits for what is still on its way, or still to go.
  func finish() throws {
    try clock.measure(.communicate) {
      try Profile.measure("wait for gradients") { try reducer.finish() }
    }
  }

  /// Gives all ranks the rows that each has updated.
  func gatherWeights() throws {
    try clock.measure(.communicate) {
      try Profile.measure("gather weights") { try reducer.gather(parameters.values.buffer) }
    }
  }

  /// Learns what a step took, the same on all ranks.
  /// - Returns: what the trial decided, once, when it is over.
  func learn(_ sums: RankSums<StepReport>) -> String? {
    // Steps differ in their captions.
    let spent = sums.mean(\.[.backward]) + sums.mean(\.[.communicate])
    guard let verdict = trial?.add(spent / max(sums.operations, 1)) else { return nil }
    trial = nil
    reducer.overlap = verdict.choice
    return verdict.description
  }
}

extension BucketPlan {
  /// The parameters as the vector that travels.
  init(_ parameters: ParameterSet, ranks: Int) {
    self.init(parameters.parameters.map { ($0.rows, $0.width) }, ranks: ranks)
  }
}
