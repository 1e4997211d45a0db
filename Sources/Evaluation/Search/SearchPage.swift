import Foundation
import Images
import Records

/// Hits with their pictures as one HTML file. It loads nothing and runs nothing, and whatever keys
/// and queries hold is only shown.
public struct SearchPage {
  private static let longerSide = 200
  private let results: [SearchResult]
  private let pictures: [String: [UInt8]]

  /// - Parameter records: where a key is no file's path, the records that have its picture.
  public init(_ results: [SearchResult], records: [RecordSet]) {
    self.results = results
    let keys = Set(results.flatMap(\.hits).map(\.key))
    pictures = records.isEmpty
      ? Self.files(keys) : Self.pictures(of: keys, in: records)
  }

  public var html: String {
    """
    <!DOCTYPE html>
    <html lang="en"><head><meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
    style-src 'unsafe-inline'; img-src data:">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Search</title><style>\(Self.style)</style></head><body>
    \(results.map(section).joined())
    </body></html>

    """
  }

  private func section(_ result: SearchResult) -> String {
    let cards = result.hits.map { hit in
      "<figure>\(picture(hit.key))<figcaption><b>\(String(format: "%.4f", hit.cosine))</b> "
        + "<bdi>\(hit.key.escapedForHTML)</bdi></figcaption></figure>"
    }
    return "<section><h2>\(result.query.escapedForHTML)</h2><div>\(cards.joined())</div></section>"
  }

  private func picture(_ key: String) -> String {
    guard let bytes = pictures[key] else { return "<u>no picture</u>" }
    do throws(ImageError) {
      let picture = try ImageDecoder.decode(bytes, shorterSide: 2 * Self.longerSide)
      let small = try ImageEncoder.jpeg(picture.resized(longerSide: Self.longerSide), quality: 82)
      return "<img alt=\"\" src=\"data:image/jpeg;base64,\(Data(small).base64EncodedString())\">"
    } catch {
      return "<u>\("\(error)".escapedForHTML)</u>"
    }
  }

  private static func files(_ keys: Set<String>) -> [String: [UInt8]] {
    Dictionary(
      uniqueKeysWithValues: keys.compactMap { key in
        let limit = ImageLimits.default.maximumBytes
        return (try? NamedFile.read(URL(fileURLWithPath: key), limit: limit)).map { (key, $0) }
      })
  }

  private static func pictures(
    of keys: Set<String>, in records: [RecordSet]
  ) -> [String: [UInt8]] {
    var found: [String: [UInt8]] = [:]
    for set in records {
      _ = set.verify { _, frame in
        for sample in frame?.samples ?? [] where keys.contains(sample.key) {
          found[sample.key] = sample.image?.bytes
        }
        return found.count < keys.count
      }
    }
    return found
  }

  private static let style = """
    :root{color-scheme:light dark;--line:#8884}
    body{margin:0 auto;padding:24px;max-width:1180px;font:15px/1.5 system-ui,sans-serif}
    h2{font-size:20px;margin:28px 0 10px;overflow-wrap:anywhere}
    section div{display:grid;grid-template-columns:repeat(auto-fill,minmax(180px,1fr));gap:12px}
    figure{margin:0;padding:10px;border:1px solid var(--line);border-radius:8px}
    img{display:block;margin:auto;max-width:100%;height:160px;object-fit:contain;background:#fff}
    u{display:block;height:160px;text-decoration:none;color:#a33}
    figcaption{font-size:13px;overflow-wrap:anywhere}
    """
}

extension String {
  /// Text for HTML's elements; control characters become spaces.
  fileprivate var escapedForHTML: String {
    onOneLine.unicodeScalars.reduce(into: "") { text, scalar in
      switch scalar {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      default: text.unicodeScalars.append(scalar)
      }
    }
  }
}
