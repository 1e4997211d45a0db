import Foundation
import Records

extension SetStatistics {
  /// The statistics for a terminal, line by line.
  public var table: [String] {
    var lines = [
      "\(path): \(seen.grouped) of \(samples.grouped) samples examined, "
        + "\(shards.counted("shard")), \(bytes.byteText), \(lost.grouped) lost",
      row("", ["least", "5%", "median", "95%", "most", "mean"]),
    ]
    lines += [
      row("shorter side", pictures.shorter_side) { "\(Int($0.rounded()))" },
      row("longer side", pictures.longer_side) { "\(Int($0.rounded()))" },
      row("width/height", pictures.aspect_ratio) { String(format: "%.2f", $0) },
      row("file", pictures.bytes) { Int($0).byteText },
      row("words", texts.words) { $0 == $0.rounded() ? "\(Int($0))" : String(format: "%.1f", $0) },
      row("characters", texts.characters) { "\(Int($0.rounded()))" },
    ]
    if let ids = texts.ids { lines.append(row("ids", ids) { "\(Int($0.rounded()))" }) }
    lines += [
      list("pictures", pictures.formats), list("languages", texts.languages, Language.title),
      title("texts") + "\(texts.count.grouped) with a text, captions: "
        + "\(texts.captions.grouped), labels: \(texts.labels.grouped)",
    ]
    lines += repeated("same keys", duplicates.keys)
    lines += repeated("same pictures", duplicates.pictures)
    lines += repeated("same texts", duplicates.texts)
    lines += offenders.map {
      "\(title($0.why))\($0.value)  \($0.key.onOneLine)  (\($0.file) frame \($0.frame))"
    }
    lines.append("\(title("faults"))\(faulty.grouped)")
    lines += faults.prefix(20).map {
      let place = $0.file + ($0.frame.map { " frame \($0)" } ?? "")
      return "  \(place)\($0.key.map { ", \($0)" } ?? ""): \($0.what)".onOneLine
    }
    if faulty > 20 { lines.append("  … see --json for the first \(SetSurvey.keptFaults)") }
    return lines
  }

  private func repeated(_ name: String, _ repeated: Repeated) -> [String] {
    let rest = repeated.kinds == 0 ? "none"
      : "\(repeated.kinds.grouped) more than once, copies too many: "
        + "\(repeated.superfluous.grouped)"
    return [title(name) + rest] + repeated.most.prefix(3).map {
      let keys = $0.keys.joined(separator: ", ").onOneLine
      return "  \($0.count.grouped) × \(keys): \($0.text.prefix(60).onOneLine)"
    }
  }

  private func list(
    _ name: String, _ counts: [String: Int], _ shown: (String) -> String = { $0 }
  ) -> String {
    title(name)
      + counts.ranked.map { "\(shown($0.key)) \($0.value.grouped)" }.joined(separator: ", ")
  }

  private func row(
    _ name: String, _ numbers: Distribution, _ text: (Double) -> String
  ) -> String {
    let values = [
      numbers.least, numbers.p5, numbers.median, numbers.p95, numbers.most, numbers.mean,
    ]
    return row(name, values.map(text))
  }

  private func row(_ name: String, _ cells: [String]) -> String {
    title(name)
      + cells.map { String(repeating: " ", count: max(0, 11 - $0.count)) + $0 }.joined()
  }

  private func title(_ name: String) -> String {
    name + String(repeating: " ", count: max(1, 15 - name.count))
  }
}

extension [String: Int] {
  /// The largest first.
  var ranked: [(key: String, value: Int)] {
    sorted { ($1.value, $0.key) < ($0.value, $1.key) }
  }
}

extension StringProtocol {
  /// Control characters become spaces.
  var onOneLine: String {
    String(String.UnicodeScalarView(unicodeScalars.map {
      $0.properties.generalCategory == .control ? " " : $0
    }))
  }
}
