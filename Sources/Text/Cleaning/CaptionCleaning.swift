import Foundation

/// Text as CLIP's tokenizer reads it: repaired, HTML references decoded twice, white space as
/// single spaces, lower case.
///
/// - Source: open_clip 3.3.0 `SimpleTokenizer` with its default cleaning.
enum CaptionCleaning {
  static func clean(_ text: String) -> Scalars {
    var scalars = Scalars(text.unicodeScalars)
    if !isPlain(scalars) {
      scalars = TextMending.mend(scalars)
      for _ in 0..<2 { scalars = HTMLEntities.readLoosely(scalars) }
    }
    return Lowercase.lowercased(singleSpaces(scalars))
  }

  /// Whether repairing and decoding references would change nothing but white space.
  private static func isPlain(_ scalars: Scalars) -> Bool {
    scalars.allSatisfy { scalar in
      switch scalar.value {
      case 0x09, 0x0A, 0x0C, 0x0D, 0x20...0x7E: scalar != "&"
      default: false
      }
    }
  }

  private static func singleSpaces(_ scalars: Scalars) -> Scalars {
    Scalars(scalars.split(whereSeparator: \.isPythonSpace).joined(separator: [" "]))
  }
}
