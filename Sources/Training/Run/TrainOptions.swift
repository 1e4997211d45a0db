import Collectives
import Foundation

/// What the command line of `coca-train` says.
public struct TrainOptions: Sendable {
  public enum Resume: Sendable, Equatable {
    /// From the newest checkpoint of the output folder, if there is one.
    case auto
    /// Never: an output folder with checkpoints is refused.
    case never
    /// From this checkpoint, with its optimiser.
    case path(URL)
  }

  public var runFile: URL
  /// `key.path=value` each.
  public var overrides: [String] = []
  /// Nil: `runs/` and the run file's name.
  public var output: URL?
  public var resume = Resume.auto
  /// Nil: the node's allocated cores over its ranks.
  public var threads: Int?
  public var binding = Binding.Mode.auto
  public var timeLimit: Duration?
  /// Where the trace of a few steps goes.
  public var profile: URL?
  public var isDryRun = false
  /// Print header and progress as JSON lines.
  public var printsJSON = false

  public init(runFile: URL) { self.runFile = runFile }

  var folder: URL {
    output
      ?? URL(fileURLWithPath: "runs")
      .appendingPathComponent(runFile.deletingPathExtension().lastPathComponent)
  }
}
