import Foundation

/// The folder of a run's checkpoints: `step-00001000/`, … and the link `latest`.
///
/// A folder gets its final name when every byte of it is on the disk. `latest` is for people and
/// scripts; the program itself trusts only what it has verified. One process writes; any number
/// of processes may read.
public struct CheckpointFolder: Sendable {
  public let url: URL
  let path: String
  let files: any FileSystem

  public init(_ url: URL) {
    self.init(url, files: SystemFiles())
  }

  package init(_ url: URL, files: any FileSystem) {
    self.url = url
    path = url.path
    self.files = files
  }

  /// A folder that is not a complete checkpoint, and why.
  public struct LeftOut: Sendable {
    public let folder: String
    public let error: CheckpointError
  }

  /// The newest complete checkpoint, if any, and the newer folders that were left out.
  public struct Newest: Sendable {
    public let checkpoint: Checkpoint?
    public let leftOut: [LeftOut]
  }

  /// Finds the last-written checkpoint among those that verify.
  ///
  /// - Throws: `CheckpointError` only where the folder itself cannot be listed, or where none is
  ///   complete and the system would not let one be read, which may be complete. A folder that
  ///   does not exist holds no checkpoint.
  public func newest(verifying: Verification = .checksums) throws(CheckpointError) -> Newest {
    guard exists(path) else { return Newest(checkpoint: nil, leftOut: []) }
    let (steps, broken) = try survey()
    var leftOut = broken
    for step in steps {
      do throws(CheckpointError) {
        let checkpoint = try Checkpoint(stepFolder: "\(path)/\(step.name)", verifying: verifying)
        return Newest(checkpoint: checkpoint, leftOut: leftOut)
      } catch {
        leftOut.append(LeftOut(folder: step.name, error: error))
      }
    }
    if let unread = leftOut.first(where: { $0.error.kind == .files }) { throw unread.error }
    return Newest(checkpoint: nil, leftOut: leftOut)
  }
}

extension CheckpointFolder {
  struct Step {
    let name: String
    let state: CheckpointState
  }

  static func name(step: Int) -> String {
    let digits = String(step)
    return "step-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
  }

  /// The step in a folder's name; `.old` marks a folder that was being replaced.
  static func step(of name: String) -> Int? {
    let base = name.hasSuffix(".old") ? name.dropLast(4) : name[...]
    guard base.hasPrefix("step-"), let step = Int(base.dropFirst(5)),
      base == CheckpointFolder.name(step: step)
    else { return nil }
    return step
  }

  /// Steps with a readable `state.json`, the last-written first, and the other folders.
  func survey() throws(CheckpointError) -> (steps: [Step], broken: [LeftOut]) {
    var steps: [Step] = []
    var broken: [LeftOut] = []
    for name in try files.list(path).reversed() {
      guard let number = CheckpointFolder.step(of: name), isDirectory("\(path)/\(name)") else {
        continue
      }
      do throws(CheckpointError) {
        let state = try CheckpointState(folder: "\(path)/\(name)")
        guard state.step == number else {
          throw CheckpointError("\(path)/\(name)", .malformed("holds step \(state.step)"))
        }
        steps.append(Step(name: name, state: state))
      } catch {
        broken.append(LeftOut(folder: name, error: error))
      }
    }
    steps.sort { ($0.state.serial, $0.state.step) > ($1.state.serial, $1.state.step) }
    return (steps, broken)
  }
}
