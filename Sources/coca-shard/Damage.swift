import ArgumentParser
import Records

/// Reports the damage in a dataset as it is found, one line each on standard error.
struct Damage {
  private var told = 0

  mutating func tell(_ found: DamageReport) {
    for damage in found.damage[told...] { Failure.tell("\(damage.error)") }
    told = found.damage.count
  }

  /// Ends the command with 65 if anything is damaged, or with 74 if something only could not be
  /// read.
  static func end(_ directory: String, _ found: DamageReport) throws {
    let damaged = found.damage.filter { !$0.isUnread }, unread = found.damage.filter(\.isUnread)
    func samples(_ damage: [DamageReport.Damage]) -> Int {
      damage.reduce(0) { $0 + $1.samplesLost }
    }
    if !damaged.isEmpty {
      let parts = damaged.count.counted("damaged frame or shard", "damaged frames or shards")
      Failure.tell("\(directory): \(parts), "
        + "\(samples(damaged).counted("sample")) lost. Copy the shards again, or pack them anew")
    }
    if !unread.isEmpty {
      let parts = unread.count.counted("frame or shard", "frames or shards")
      Failure.tell("\(directory): \(parts) could not be read, "
        + "\(samples(unread).counted("sample")) with them. Check permissions and disk, "
        + "then run again")
    }
    if !found.damage.isEmpty { throw ExitCode(damaged.isEmpty ? 74 : 65) }
  }
}
