/// How CLIP cuts a cleaned text into words: the two marks, English endings behind an apostrophe,
/// runs of letters, single digits, runs of anything else that is no white space.
///
/// - Source: the pattern of open_clip 3.3.0's `SimpleTokenizer`.
enum WordSplit {
  static let start = "<start_of_text>"
  static let end = "<end_of_text>"
}
