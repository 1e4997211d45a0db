import Images
import Records
import TensorBoard

extension CaptionsRecord {
  /// Few: TensorBoard is no place for all of a set.
  private static let shown = 4
  /// The most pixels of a picture's longer side.
  private static let side = 256

  /// The first captions beside the reference captions, in Markdown.
  var table: String {
    let rows = lines.prefix(Self.shown).map { line in
      [line.key, line.caption, line.references.joined(separator: " / ")]
    }
    return Markdown.table(["picture", "caption", "references"], rows)
  }

  /// The pictures of these captions, tagged with their keys.
  var pictures: [SummaryValue] {
    var missing = Set(lines.prefix(Self.shown).map(\.key)), values: [SummaryValue] = []
    for sample in samples {
      guard !missing.isEmpty else { break }
      guard missing.remove(sample.key) != nil, let picture = Self.picture(of: sample) else {
        continue
      }
      values.append(SummaryValue("val/\(name)/\(sample.key)", picture))
    }
    return values
  }

  /// The set's samples in their order, read one by one. All of them were read a moment ago, so one
  /// that can no longer be read is left out.
  private var samples: some Sequence<Sample> {
    records.lazy.flatMap { set in
      set.index.shards.indices.lazy.compactMap { try? set.openAnyway(shard: $0) }
    }.flatMap { shard in
      shard.frameSamples.indices.lazy.flatMap { (try? shard.read(frame: $0)) ?? [] }
    }
  }

  private static func picture(of sample: Sample) -> SummaryValue.Content? {
    guard let bytes = sample.image?.bytes,
      let picture = try? ImageDecoder.decode(bytes).resized(longerSide: side),
      let encoded = try? ImageEncoder.jpeg(picture)
    else { return nil }
    return .image(width: picture.width, height: picture.height, encoded: encoded)
  }
}
