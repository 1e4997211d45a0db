import Foundation
import Records

/// Statistics of a dataset.
public struct SetStatistics: Encodable, Sendable {
  public struct Pictures: Encodable, Sendable {
    public let count: Int
    public let formats: [String: Int]
    public let shorter_side, longer_side, aspect_ratio, bytes: Distribution
  }

  public struct Texts: Encodable, Sendable {
    /// Samples with a caption or a label.
    public let count: Int
    public let captions, labels: Int
    /// Of the first caption, or else of the labels.
    public let words, characters: Distribution
    /// Ids, start and end included; nil where no tokenizer was given and no sample has ready ids.
    public let ids: Distribution?
    /// Guessed, see `Language`.
    public let languages: [String: Int]
  }

  /// Things that occur more than once.
  public struct Repeated: Encodable, Sendable, Equatable {
    /// How many different things occur at least twice.
    public let kinds: Int
    /// How many samples would have to go so that each occurs once.
    public let superfluous: Int
    /// The most frequent.
    public let most: [Shared]

    public struct Shared: Encodable, Sendable, Equatable {
      public let count: Int
      /// The key of the first sample that has it.
      public let key: String
      /// The keys of the first two.
      public let keys: [String]
      public let text: String
      let places: [SetSurvey.Place]

      private enum CodingKeys: CodingKey { case count, key, keys, text }
    }
  }

  public struct Duplicates: Encodable, Sendable {
    public let keys, pictures, texts: Repeated
  }

  /// A sample with an extreme value.
  public struct Offender: Encodable, Sendable, Equatable {
    public let why, value: String
    public let key: String
    public let file: String
    public let frame: Int
    let place: SetSurvey.Place

    private enum CodingKeys: CodingKey { case why, value, key, file, frame }
  }

  public let path, origin: String
  public let shards, bytes: Int
  /// The number in the index.
  public let samples: Int
  /// How many were examined.
  public let seen: Int
  /// Samples in frames that cannot be read.
  public let lost: Int
  public let pictures: Pictures
  public let texts: Texts
  public let duplicates: Duplicates
  public let offenders: [Offender]
  /// The number of all faults in samples; `faults` has the first hundred.
  public let faulty: Int
  public let faults: [SetSurvey.Fault]

  public init(_ survey: SetSurvey) {
    let set = survey.set
    path = set.directory.path
    origin = set.index.origin
    shards = set.index.shards.count
    (samples, bytes) = (set.index.samples, set.index.bytes)
    seen = survey.rows.count
    lost = survey.lost
    pictures = Pictures(survey)
    texts = Texts(survey)
    duplicates = Duplicates(
      keys: Repeated(survey) { $0.key }, pictures: Repeated(survey) { $0.picture },
      texts: Repeated(survey) { $0.text })
    offenders = Offender.all(survey)
    faulty = survey.faulty
    faults = survey.faults
  }
}

extension SetStatistics.Pictures {
  fileprivate init(_ survey: SetSurvey) {
    let rows = survey.rows.filter { $0.width > 0 }
    count = rows.count
    formats = survey.formats
    func distribution(_ edges: [Double], _ value: (SetSurvey.Row) -> Double) -> Distribution {
      Distribution(rows.map(value), edges: edges)
    }
    shorter_side = distribution(Distribution.sides) { Double(min($0.width, $0.height)) }
    longer_side = distribution(Distribution.sides) { Double(max($0.width, $0.height)) }
    aspect_ratio = distribution(Distribution.aspects) { Double($0.width) / Double($0.height) }
    bytes = distribution(Distribution.bytes) { Double($0.bytes) }
  }
}

extension SetStatistics.Texts {
  fileprivate init(_ survey: SetSurvey) {
    let rows = survey.rows.filter { $0.words > 0 }
    count = rows.count
    (captions, labels, languages) = (survey.captions, survey.labels, survey.languages)
    words = Distribution(rows.map { Double($0.words) }, edges: Distribution.words)
    characters = Distribution(rows.map { Double($0.characters) }, edges: Distribution.characters)
    let lengths = survey.rows.filter { $0.ids > 0 }.map { Double($0.ids) }
    ids = lengths.isEmpty ? nil : Distribution(lengths, edges: Distribution.ids)
  }
}

extension SetStatistics.Repeated {
  private static let shown = 8

  fileprivate init(_ survey: SetSurvey, by hash: (SetSurvey.Row) -> UInt64?) {
    let rows = survey.rows
    // Row indices with a hash; equal hashes are neighbours, the first row first.
    let order = rows.indices.compactMap { row in hash(rows[row]).map { (hash: $0, row: row) } }
      .sorted { ($0.hash, $0.row) < ($1.hash, $1.row) }
    var groups: [(count: Int, first: Int, second: Int)] = []
    var start = 0
    for end in order.indices.dropFirst() + [order.count]
    where end == order.count || order[end].hash != order[start].hash {
      if end - start > 1 { groups.append((end - start, order[start].row, order[start + 1].row)) }
      start = end
    }
    kinds = groups.count
    superfluous = groups.reduce(0) { $0 + $1.count - 1 }
    most = groups.sorted { ($1.count, $0.first) < ($0.count, $1.first) }.prefix(Self.shown).map {
      Shared(survey, count: $0.count, places: [rows[$0.first].place, rows[$0.second].place])
    }
  }
}

extension SetStatistics.Repeated.Shared {
  fileprivate init(_ survey: SetSurvey, count: Int, places: [SetSurvey.Place]) {
    let samples = places.map { survey.sample($0) }
    self.count = count
    self.places = places
    keys = samples.map { $0?.key ?? "" }
    key = keys.first ?? ""
    text = samples.first??.shownText ?? ""
  }
}

extension SetStatistics.Offender {
  /// The three most extreme values of each kind, each with the first sample that has it.
  fileprivate static func all(_ survey: SetSurvey) -> [Self] {
    func top(
      _ why: String, _ value: (SetSurvey.Row) -> Double, shown: (SetSurvey.Row) -> String
    ) -> [Self] {
      let rows = survey.rows.filter { value($0) > 0 }
      let ranked = rows.sorted { value($0) > value($1) }
      let counts = ranked.reduce(into: [:]) { $0[shown($1), default: 0] += 1 }
      var told: Set<String> = []
      return ranked.filter { told.insert(shown($0)).inserted }.prefix(3).map { row in
        let others = (counts[shown(row)] ?? 1) - 1
        return Self(
          why: why, value: shown(row) + (others == 0 ? "" : ", as \(others.counted("other"))"),
          key: survey.sample(row.place)?.key ?? "",
          file: survey.set.index.shards[Int(row.place.shard)].file, frame: Int(row.place.frame),
          place: row.place)
      }
    }
    func size(_ row: SetSurvey.Row) -> String { "\(row.width) × \(row.height)" }
    return top("most pixels", { Double($0.width) * Double($0.height) }, shown: size)
      + top("fewest pixels", { $0.width == 0 ? 0 : 1 / Double($0.width) / Double($0.height) },
            shown: size)
      + top("widest", { $0.height == 0 ? 0 : Double($0.width) / Double($0.height) }, shown: size)
      + top("tallest", { $0.width == 0 ? 0 : Double($0.height) / Double($0.width) }, shown: size)
      + top("largest file", { Double($0.bytes) }, shown: { Int($0.bytes).byteText })
      + top("longest text", { Double($0.characters) },
            shown: { "\($0.words) words, \($0.characters) characters" })
  }
}

extension Sample {
  /// The first caption, or else the labels; empty without either.
  var shownText: String {
    ((try? annotation()).map(SampleFacts.Text.shown)) ?? ""
  }
}

extension Int {
  /// `1,234,567`.
  var grouped: String {
    var text = "", digits = String(self)
    while digits.count > 3 {
      text = "," + digits.suffix(3) + text
      digits.removeLast(3)
    }
    return digits + text
  }
}
