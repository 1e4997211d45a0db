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
      Failure.tell("\(directory): \(damaged.count) damaged frames or shards, "
        + "\(samples(damaged)) samples lost. Copy the shards again, or pack them anew")
    }
    if !unread.isEmpty {
      Failure.tell("\(directory): \(unread.count) frames or shards could not be read, "
        + "\(samples(unread)) samples with them. Check permissions and disk, then run again")
    }
    if !found.damage.isEmpty { throw ExitCode(damaged.isEmpty ? 74 : 65) }
  }
}
