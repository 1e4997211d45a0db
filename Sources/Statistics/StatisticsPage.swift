import Foundation
import Images
import Records

/// The statistics as one HTML file with example pictures. It loads nothing and runs nothing, and
/// whatever a set's texts hold is only shown.
public struct StatisticsPage {
  private let statistics: SetStatistics
  private let survey: SetSurvey
  private static let examples = 24

  public init(_ statistics: SetStatistics, _ survey: SetSurvey) {
    self.statistics = statistics
    self.survey = survey
  }

  public var html: String {
    let name = URL(fileURLWithPath: statistics.path).lastPathComponent
    return """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
      style-src 'unsafe-inline'; img-src data:">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(name.escaped)</title><style>\(Self.style)</style></head><body>
      <header><h1>\(name.escaped)</h1><p>\(summary)</p></header>
      \(tiles)
      \(section("Pictures", pictures))
      \(section("Texts", texts))
      \(section("Examples", cards(examples)))
      \(section("Extremes", cards(offenders)))
      \(section("Repeated", repeated))
      \(section("Faults", faults))
      </body></html>

      """
  }

  private var summary: String {
    let part = statistics.seen == statistics.samples ? "all of them examined"
      : "\(statistics.seen.grouped) examined, in one frame of every \(survey.stride)"
    return "\(statistics.samples.grouped) samples, \(part). From \(statistics.origin.escaped)."
  }

  private var tiles: String {
    let duplicates = statistics.duplicates
    let tiles = [
      (statistics.samples.grouped, statistics.samples == 1 ? "sample" : "samples"),
      (statistics.shards.grouped, statistics.shards == 1 ? "shard" : "shards"),
      (statistics.bytes.byteText, "on disk"),
      (statistics.pictures.count.grouped, "pictures seen"),
      (statistics.texts.count.grouped, "with a text"),
      (duplicates.pictures.superfluous.grouped, "repeated pictures"),
      (duplicates.texts.superfluous.grouped, "repeated texts"),
      (statistics.faulty.grouped, "faults"), (statistics.lost.grouped, "samples lost"),
    ]
    let cells = tiles.map { "<div><b>\($0.0)</b><span>\($0.1)</span></div>" }
    return "<div class=\"tiles\">\(cells.joined())</div>"
  }

  private func section(_ title: String, _ body: String) -> String {
    "<section><h2>\(title)</h2>\(body)</section>"
  }

  private var pictures: String {
    let pictures = statistics.pictures
    return grid([
      chart("Shorter side, pixels", pictures.shorter_side) { "\(Int($0))" },
      chart("Longer side, pixels", pictures.longer_side) { "\(Int($0))" },
      chart("Width over height", pictures.aspect_ratio) { String(format: "%.2g", $0) },
      chart("File size", pictures.bytes) { Int($0).byteText.replacing(".0 ", with: " ") },
      bars("Format", pictures.formats),
    ])
  }

  private var texts: String {
    let texts = statistics.texts
    return grid([
      chart("Words", texts.words) { "\(Int($0))" },
      chart("Characters", texts.characters) { "\(Int($0))" },
      texts.ids.map { chart("Ids, start and end included", $0) { "\(Int($0))" } } ?? "",
      bars("Language, guessed by script and small words", texts.languages, Language.title),
    ])
      + "<p>\(texts.captions.grouped) captions and \(texts.labels.grouped) labels. Counted is the "
      + "first caption, else the labels. Short texts have no small words, so that their language "
      + "is unclear.</p>"
  }

  private func grid(_ parts: [String]) -> String { "<div class=\"grid\">\(parts.joined())</div>" }

  private func chart(
    _ title: String, _ numbers: Distribution, _ text: (Double) -> String
  ) -> String {
    let most = max(1, numbers.counts.max() ?? 1)
    let columns = zip(numbers.edges, numbers.counts).map { edge, count in
      let height = count == 0 ? 0 : max(1, count * 100 / most)
      return "<div title=\"from \(text(edge)): \(count.grouped)\"><span>"
        + "<b>\(count == 0 ? "" : count.short)</b><i style=\"height:\(height)%\"></i></span>"
        + "<small>\(text(edge))</small></div>"
    }
    return "<figure><figcaption>\(title)<em>median \(text(numbers.median)), "
      + "5% below \(text(numbers.p5)), 5% above \(text(numbers.p95)), most \(text(numbers.most))"
      + "</em></figcaption><div class=\"chart\">\(columns.joined())</div></figure>"
  }

  private func bars(
    _ title: String, _ counts: [String: Int], _ shown: (String) -> String = { $0 }
  ) -> String {
    let most = max(1, counts.values.max() ?? 1)
    let rows = counts.ranked.prefix(10).map { name, count in
      "<tr><td>\(shown(name).escaped)</td>"
        + "<td><i style=\"width:\(max(1, count * 100 / most))%\"></i></td>"
        + "<td>\(count.grouped)</td></tr>"
    }
    return "<figure><figcaption>\(title)</figcaption>"
      + "<table class=\"bars\">\(rows.joined())</table></figure>"
  }
}

extension StatisticsPage {
  /// A sample on the page.
  private struct Card {
    var title: String?
    var place: SetSurvey.Place
  }

  private var examples: [Card] {
    let rows = survey.rows, count = min(Self.examples, rows.count)
    return (0..<count).map { Card(place: rows[(2 * $0 + 1) * rows.count / (2 * count)].place) }
  }

  private var offenders: [Card] {
    statistics.offenders.map { Card(title: "\($0.why): \($0.value)", place: $0.place) }
  }

  private func cards(_ cards: [Card]) -> String {
    "<div class=\"cards\">\(cards.map(article).joined())</div>"
  }

  private func article(_ card: Card) -> String {
    guard let sample = survey.sample(card.place) else { return "" }
    let picture = sample.image.map { Self.thumbnail($0.bytes) } ?? "<u>no picture</u>"
    let title = card.title.map { "<strong>\($0.escaped)</strong>" } ?? ""
    let text = sample.shownText
    return "<article><div>\(picture)</div>\(title)<bdi>\(text.prefix(200).escaped)"
      + "\(text.count > 200 ? "…" : "")</bdi><small>\(sample.key.escaped)</small></article>"
  }

  /// The picture made small, inside the page.
  private static func thumbnail(_ bytes: [UInt8]) -> String {
    do throws(ImageError) {
      let picture = try ImageDecoder.decode(bytes, shorterSide: 400)
      let small = try ImageEncoder.jpeg(picture.resized(longerSide: 200), quality: 82)
      return "<img alt=\"\" src=\"data:image/jpeg;base64,\(Data(small).base64EncodedString())\">"
    } catch {
      return "<u>\("\(error)".escaped)</u>"
    }
  }

  private var repeated: String {
    let all = [
      ("keys", statistics.duplicates.keys), ("pictures", statistics.duplicates.pictures),
      ("texts", statistics.duplicates.texts),
    ]
    return all.map { name, repeated in
      guard repeated.kinds > 0 else { return "<p>No \(name) come twice.</p>" }
      let pairs = repeated.most.map { shared in
        "<div><b>\(shared.count.grouped) ×</b>"
          + shared.places.map { article(Card(place: $0)) }.joined() + "</div>"
      }
      return "<p>Of the \(name), \(repeated.kinds.grouped) more than once, copies too many: "
        + "\(repeated.superfluous.grouped). The first two of each:</p>"
        + "<div class=\"pairs\">\(pairs.joined())</div>"
    }.joined()
  }

  private var faults: String {
    guard statistics.faulty > 0 else { return "<p>None.</p>" }
    let rows = statistics.faults.map {
      "<tr><td>\($0.file.escaped)</td><td>\($0.frame.map(String.init) ?? "")</td>"
        + "<td>\(($0.key ?? "").escaped)</td><td>\($0.what.escaped)</td></tr>"
    }
    return "<p>\(statistics.faulty.grouped) in all, here the first "
      + "\(statistics.faults.count).</p><table class=\"list\"><tr><th>shard</th><th>frame</th>"
      + "<th>key</th><th>what</th></tr>\(rows.joined())</table>"
  }
}

extension Int {
  /// At most four characters for a bar: `950`, `1.2k`, `34k`, `5.6M`.
  fileprivate var short: String {
    guard self >= 1000 else { return "\(self)" }
    let (value, unit) = self < 1_000_000 ? (Double(self) / 1e3, "k") : (Double(self) / 1e6, "M")
    return String(format: value < 10 ? "%.1f%@" : "%.0f%@", value, unit)
  }
}

extension StringProtocol {
  /// Text for HTML, in elements and in quoted attributes; control characters become spaces.
  var escaped: String {
    onOneLine.unicodeScalars.reduce(into: "") { text, scalar in
      switch scalar {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\"": text += "&quot;"
      case "'": text += "&#39;"
      default: text.unicodeScalars.append(scalar)
      }
    }
  }
}
