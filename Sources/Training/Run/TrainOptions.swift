import Collectives
import Foundation

/// The command line of `coca-train`.
public struct TrainOptions: Sendable {
  public enum Resume: Sendable, Equatable {
    /// Continue from the newest checkpoint of the output folder, if there is one.
    case auto
    /// Start anew: an output folder with checkpoints is refused.
    case never
    /// Continue from this checkpoint, with its optimizer's state.
    case path(URL)
  }

  public var runFile: URL
  /// The arguments of `--set`: `key.path=value` each.
  public var overrides: [String] = []
  /// The output folder; nil: `runs/` and the run file's name.
  public var output: URL?
  public var resume = Resume.auto
  /// Threads of a rank; nil: the cores allocated on the node, divided by its ranks.
  public var threads: Int?
  public var binding = Binding.Mode.auto
  public var timeLimit: Duration?
  /// The file for the trace of a few steps; nil: no trace.
  public var profile: URL?
  public var isDryRun = false
  /// Whether header and progress are printed as JSON lines.
  public var printsJSON = false

  public init(runFile: URL) { self.runFile = runFile }

  var folder: URL {
    output
      ?? URL(fileURLWithPath: "runs")
      .appendingPathComponent(runFile.deletingPathExtension().lastPathComponent)
  }
}
