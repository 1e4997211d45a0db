import ArgumentParser
import Records

/// Tells what of a dataset is damaged as reading meets it, one line each on standard error.
struct Damage {
  private var told = 0

  mutating func tell(_ found: Verification) {
    for damage in found.damage[told...] { Failure.tell("\(damage.error)") }
    told = found.damage.count
  }

  /// Ends the command with 65 if anything that was read is damaged.
  static func end(_ directory: String, _ found: Verification) throws {
    guard !found.damage.isEmpty else { return }
    Failure.tell("\(directory): \(found.damage.count) damaged frames or shards, "
      + "\(found.samplesLost) samples lost. Copy the shards again, or pack them anew")
    throw ExitCode(65)
  }
}
