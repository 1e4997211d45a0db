import CoCaModel
import Collectives
import Foundation
import Tensors

/// All that is decided before a run starts: the same on all ranks, before anything is written and
/// before much memory is taken.
struct PreparedRun {
  let plan: RunPlan
  /// The checkpoint to go on from, if there is one.
  let found: Resumption
  let start: StartingPoint
  /// Its parameters have no memory yet.
  let model: CoCa
  let header: RunHeader

  /// Reads the data's indexes and the checkpoint, and starts the threads that compute. Collective.
  /// - Throws: what is wrong with any of them, `ThreadsError`, or an error where ranks differ.
  init(
    _ options: TrainOptions, _ configuration: Result<RunConfiguration, any Error>,
    _ binding: Binding, over ranks: any Communicator, _ folder: RunFolder, _ console: Console
  ) throws {
    let configuration = try together(ranks) {
      try OpenBLAS.check()
      let configuration = try configuration.get()
      try configuration.precision.use()
      // Before anybody looks into it: another run may be about to end there.
      if ranks.rank == 0, !options.isDryRun { try folder.claim() }
      return configuration
    }
    let binding = try Self.startThreads(options, binding, configuration, over: ranks, console)
    let found = try Resumption(options.resume, folder, over: ranks)
    let (plan, model, start) = try together(ranks) {
      let plan = try RunPlan(
        configuration, file: options.runFile.lastPathComponent, continued: found.checkpoint,
        verifying: ranks.rank == 0 ? .checksums : .sizes)
      try plan.check(ranks: ranks.size)
      let model = plan.model()
      let start = try StartingPoint(found.checkpoint, plan, model, overrides: options.overrides)
      return (plan, model, start)
    }
    try Agreement(plan).check(over: ranks)
    if configuration.reproducible { try Reproducibility.check(over: ranks) }
    header = RunHeader(
      plan, model, start, texts: plan.textLengths(model, isTold: ranks.rank == 0),
      ranks: try Self.share(binding, over: ranks), oversubscribed: binding.isOversubscribed)
    (self.plan, self.found, self.start, self.model) = (plan, found, start, model)
    for notice in try plan.initNotices() { console.note(notice) }
    try warn(console)
    try warnOfSlowness(binding, over: ranks, console)
  }

  private func warn(_ console: Console) throws {
    for left in found.leftOut { console.warn("\(left.folder) is left out: \(left.error)") }
    for change in start.changes where !change.isFree { console.warn("resumed with \(change)") }
    if let change = try start.rateChange(in: plan) { console.warn(change) }
    if let change = try start.arithmeticChange(in: plan) { console.warn(change) }
    for change in try start.dataChanges(in: plan) { console.warn(change) }
    for advice in try RunAdvice(plan, header.data).texts { console.warn(advice) }
  }

  /// Warns of slow ranks. Where ranks share cores, that alone explains it. Collective.
  private func warnOfSlowness(
    _ binding: Binding, over ranks: any Communicator, _ console: Console
  ) throws {
    let mine = binding.isOversubscribed ? nil : header.ranks[ranks.rank].speed.complaint
    let hosts = header.ranks.map(\.host)
    if let slow = try lowestNotice(mine, hosts: hosts, over: ranks) { console.warn(slow) }
    let uneven = header.speeds.unevenness(ratesCount: !binding.isOversubscribed)
    if let uneven { console.warn(uneven) }
    let nodes = Machine.memoryNodes(of: binding.processors)
    let far = nodes > 1 && !binding.isOversubscribed
      ? "its cores belong to \(nodes) memory nodes. Start \(nodes) times as many ranks (mpirun -n): "
        + "then each has its memory near" : nil
    if let far = try lowestNotice(far, hosts: hosts, over: ranks) { console.note(far) }
  }

  private static func startThreads(
    _ options: TrainOptions, _ binding: Binding, _ configuration: RunConfiguration,
    over ranks: any Communicator, _ console: Console
  ) throws -> Binding {
    var binding = binding
    if configuration.reproducible, options.threads == nil, Reproducibility.needsEqualThreads {
      // The default depends on how many ranks a machine has, and so would the bits.
      binding = binding.with(threads: 1)
      console.note("reproducible: one thread a rank; --threads N, the same for all, gives more")
    }
    try together(ranks) {
      try Threads.start(binding.threads, oversubscribed: binding.isOversubscribed)
    }
    return binding
  }

  private static func share(
    _ binding: Binding, over ranks: any Communicator
  ) throws -> [RunHeader.Rank] {
    try ranks.barrier()
    let mine = RunHeader.Rank(
      host: Ranks.host, processors: binding.mask, threads: binding.threads,
      speed: ProductSpeed.measure())
    return try ranks.allGather(Array(JSONEncoder().encode(mine)))
      .map { try JSONDecoder().decode(RunHeader.Rank.self, from: Data($0)) }
  }
}
