import CMPI
import Foundation

/// The shared memory of Open MPI's ranks. Ranks that are killed leave theirs behind, 4 MiB each,
/// until the machine starts again.
package enum SharedMemory {
  /// What Open MPI 4 and 5 call it.
  private static let names = ["vader_segment.", "sm_segment."]

  /// Removes this user's segments that no process has open or mapped any more.
  package static func removeOrphans(in folder: String = "/dev/shm") {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for file in files where names.contains(where: file.hasPrefix) {
      let path = "\(folder)/\(file)"
      if process_is_unused(path) != 0 { unlink(path) }
    }
  }
}
