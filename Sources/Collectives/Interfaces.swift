import Foundation

/// This host's network interfaces, with Linux's counts of what they have sent.
package enum Interfaces {
  /// Bytes sent so far, by interface; the loopback interface is not listed.
  package static func sent() -> [String: Int] {
    let text = (try? String(contentsOfFile: "/proc/net/dev", encoding: .utf8)) ?? ""
    return Dictionary(
      text.split(separator: "\n").compactMap { line in
        let parts = line.split(separator: ":")
        guard parts.count == 2 else { return nil }
        let name = parts[0].trimmingCharacters(in: .whitespaces)
        let counts = parts[1].split(separator: " ")
        guard name != "lo", counts.count > 8, let bytes = Int(counts[8]) else { return nil }
        return (name, bytes)
      }, uniquingKeysWith: { first, _ in first })
  }

  /// The interface that sent the most since `before`; "unknown" where none sent anything.
  package static func busiest(since before: [String: Int]) -> String {
    let most = sent().map { ($0.key, $0.value - (before[$0.key] ?? 0)) }.max { $0.1 < $1.1 }
    return most.flatMap { $0.1 > 0 ? $0.0 : nil } ?? "unknown"
  }

  /// Their names, for a message.
  static var names: String { sent().keys.sorted().joined(separator: ", ") }
}
