extension String {
  /// The text with spaces for line breaks and control characters, so that it stays on its line and
  /// a terminal obeys none of it.
  public var onOneLine: String {
    String(String.UnicodeScalarView(unicodeScalars.map { $0.endsLines ? " " : $0 }))
  }
}

extension Unicode.Scalar {
  /// Whether it is a control character or a line break.
  public var endsLines: Bool {
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}
