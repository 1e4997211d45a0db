import Checksums
import Foundation
import Records
import Text

/// Hashes by which equal pictures, texts and classes are known on all ranks.
struct SampleIdentity: Sendable {
  /// Of the stored picture.
  let image: UInt64
  /// Of the text's words, in lower case, with single spaces and without a prompt; of the ids where
  /// these are all that a sample has.
  let text: UInt64
  /// Of the class: the words of its labels, like a text's, else its number in the source; nil where
  /// it has neither.
  let label: UInt64?

  /// - Parameter text: nil where pictures are classified without texts.
  init(_ sample: Sample, _ annotation: Annotation, _ text: SampleText.Drawn?, source: Int) {
    image = (sample.image?.bytes ?? []).withUnsafeBytes(Checksum.value)
    self.text =
      text?.words.map(Self.hash) ?? (text?.ids ?? []).withUnsafeBytes(Checksum.value)
    label =
      annotation.labels.isEmpty
      ? annotation.classIndex.map { Self.hash("class \($0) of source \(source)") }
      : Self.hash(LabelText.plain(labels: annotation.labels.sorted()))
  }

  private static func hash(_ words: String) -> UInt64 {
    let plain = words.precomposedStringWithCanonicalMapping.lowercased()
      .split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return Array(plain.utf8).withUnsafeBytes(Checksum.value)
  }
}
