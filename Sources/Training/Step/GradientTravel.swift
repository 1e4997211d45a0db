import Autograd
import CoCaModel
import Collectives
import Tensors

/// Sums a step's gradients over the ranks, while the backward pass completes them, and reports it
/// to the step's clock and profile.
final class GradientTravel {
  /// The run file's settings.
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

  /// Collective.
  /// - Throws: `CollectiveError` where the ranks' models differ.
  func agree() throws { try reducer.agree() }

  /// Begins a step.
  func begin() {
    if let trial { reducer.overlap = trial.next }
    reducer.begin(parameters.gradientMemory)
  }

  /// Called when this rank adds no more to a parameter's gradient in this step.
  func completed(_ parameter: Parameter) throws {
    reducer.settle(parameter.index)
    guard reducer.wantsMove else { return }
    try clock.measure(.communicate) { try reducer.move() }
  }

  /// Sends what has not been sent and waits until everything has arrived.
  func finish() throws {
    try clock.measure(.communicate) {
      try Profile.measure("wait for gradients") { try reducer.finish() }
    }
  }

  /// Sends the rows that each rank has updated to all ranks.
  func gatherWeights() throws {
    try clock.measure(.communicate) {
      try Profile.measure("gather weights") { try reducer.gather(parameters.trainedValues.buffer) }
    }
  }

  /// Gives the trial what a step took, the same on all ranks.
  /// - Returns: the trial's decision, once, when it is over.
  func learn(_ sums: RankSums<StepReport>) -> String? {
    // The time is divided by the work: steps differ in the lengths of their captions.
    let spent = sums.mean(\.[.backward]) + sums.mean(\.[.communicate])
    guard let verdict = trial?.add(spent / max(sums.operations, 1)) else { return nil }
    trial = nil
    reducer.overlap = verdict.choice
    return verdict.description
  }
}

extension BucketPlan {
  /// The trained parameters as one vector, which is what is sent.
  init(_ parameters: ParameterSet, ranks: Int) {
    self.init(parameters.trained.map { ($0.rows, $0.width) }, ranks: ranks)
  }
}
