import Synchronization

/// A request to stop reading; readers check it between two samples.
public final class Cancellation: Sendable {
  private let isSet = Atomic(false)

  public init() {}

  public var isCancelled: Bool { isSet.load(ordering: .relaxed) }

  public func cancel() { isSet.store(true, ordering: .relaxed) }

  /// - Throws: `PipelineError.cancelled` after `cancel` was called.
  public func check() throws(PipelineError) {
    if isCancelled { throw PipelineError("data", .cancelled) }
  }
}
