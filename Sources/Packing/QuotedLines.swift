/// Whether the bytes of a CSV are inside quotes, byte by byte.
///
/// A field that begins with a quote ends at the next quote that is not doubled; a quote elsewhere
/// is a character like any other.
/// - Source: RFC 4180.
struct QuoteState: Equatable {
  enum Place { case fieldStart, plain, quoted, afterQuote }

  let separator: UInt8
  var place = Place.fieldStart

  var isOpen: Bool { place == .quoted }

  /// - Returns: false at a character after a closing quote.
  mutating func take(_ byte: UInt8) -> Bool {
    switch place {
    case .quoted: if byte == 0x22 { place = .afterQuote }
    case .afterQuote where byte == 0x22: place = .quoted
    case _ where byte == separator: place = .fieldStart
    case .afterQuote: return byte == 0x0D
    case .fieldStart: place = byte == 0x22 ? .quoted : .plain
    case .plain: break
    }
    return true
  }

  /// The fields of a whole record.
  static func split(_ record: [UInt8], separator: UInt8) -> [[UInt8]] {
    var state = QuoteState(separator: separator)
    var fields: [[UInt8]] = [[]]
    for byte in record {
      let before = state.place
      _ = state.take(byte)
      switch (before, state.place) {
      case (.quoted, .quoted), (.plain, .plain), (.fieldStart, .plain), (.afterQuote, .quoted):
        fields[fields.count - 1].append(byte)
      case (_, .fieldStart): fields.append([])
      default: break
      }
    }
    return fields
  }
}

/// Visits the records of a CSV; quoted fields may have newlines in them.
///
/// If a record's quotes are wrong, only its first line is lost: reading continues with the next
/// line. A record has at most 1,000 lines, and with more than one at most 1 MiB.
struct QuotedLineWalk: RowWalk {
  private static let maximumLines = 1000
  private static let maximumBytes = 1 << 20

  let separator: UInt8
  private var scanner: LineScanner

  init(_ scanner: LineScanner, separator: UInt8) {
    self.scanner = scanner
    self.separator = separator
  }

  var fraction: Double? { scanner.fraction }

  mutating func next() throws(PackingError) -> RowReference? {
    guard let first = try scanner.next() else { return nil }
    if first.count > LineScanner.maximumLineBytes { return .line(first) }
    let rest = scanner
    do throws(PackingError.Reason) {
      return .line(try record(from: first))
    } catch {
      scanner = rest
      return .unusable(PackingError("\(scanner.file.path) line \(first.number)", error))
    }
  }

  private mutating func record(
    from first: LineScanner.Line
  ) throws(PackingError.Reason) -> LineScanner.Line {
    var record = first, line = first, lines = 1
    var state = QuoteState(separator: separator)
    while true {
      for byte in try bytes(line) where !state.take(byte) {
        throw .row("text after a closing quote")
      }
      guard state.isOpen else { return record }
      _ = state.take(0x0A)
      guard lines < Self.maximumLines, record.count < Self.maximumBytes,
        let next = try following()
      else { throw .row("a quote that does not end") }
      line = next
      lines += 1
      record.count = line.offset + line.count - record.offset
    }
  }

  private mutating func following() throws(PackingError.Reason) -> LineScanner.Line? {
    do throws(PackingError) {
      return try scanner.nextOfAny()
    } catch {
      throw error.reason
    }
  }

  private func bytes(_ line: LineScanner.Line) throws(PackingError.Reason) -> [UInt8] {
    do throws(PackingError) {
      return try scanner.file.bytes(line)
    } catch {
      throw error.reason
    }
  }
}
