import CoCaModel
import Collectives
import Foundation

/// The last line of a call: where the run stands, how long it took, where its model is, and what
/// comes next.
struct RunEnd {
  let text: String

  /// - Parameter reason: who asked the run to stop; nil: it is done.
  init(_ plan: RunPlan, _ folder: RunFolder, step: Int, stoppedBy reason: String?) {
    let time = (StopRequest.elapsed / .seconds(1)).asDuration
    let place = "step \(step.grouped) of \(plan.steps.grouped), after \(time)"
    let name = folder.saved?.checkpoint
    let checkpoint = name.map { folder.checkpoints.url.appendingPathComponent($0).relativePath }
    let model = checkpoint ?? "no checkpoint"
    if let reason {
      text = "stopped by \(reason) at \(place), saved in \(model). "
        + "The same command continues (exit code \(ExitCode.stopped))"
    } else {
      text = "done: \(place). The model is \(model). Next: \(Self.evaluation(plan, folder))"
    }
  }

  private static func evaluation(_ plan: RunPlan, _ folder: RunFolder) -> String {
    let name = folder.url.relativePath
    return plan.shape.heads.contains(.caption)
      ? "coca-eval caption \(name) --images PICTURE"
      : "coca-eval retrieval \(name) --records FOLDER"
  }
}
