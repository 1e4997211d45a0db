import Images
import Records
import Synchronization
import Tensors
import Text

/// Goes through a set once: reads every frame, decodes every picture, and keeps some numbers of
/// each sample, about 80 bytes.
///
/// Other memory: a frame and a picture for each thread.
public struct SetSurvey: Sendable {
  let set: RecordSet
  /// One frame in so many was examined.
  let stride: Int
  private(set) var rows: [Row] = []
  private(set) var lost = 0
  private(set) var formats: [String: Int] = [:]
  private(set) var languages: [String: Int] = [:]
  private(set) var captions = 0, labels = 0
  private(set) var faulty = 0
  private(set) var faults: [Fault] = []
  /// All faults are counted; only the first ones are kept.
  static let keptFaults = 100

  struct Row: Sendable {
    var place: Place
    var key: UInt64
    var picture, text: UInt64?
    var width: Int32 = 0, height: Int32 = 0, bytes: Int32 = 0
    var words: Int32 = 0, characters: Int32 = 0, ids: Int32 = 0
  }

  /// Where a sample lies.
  struct Place: Sendable, Hashable {
    var shard: Int32, frame: Int32, sample: Int32
  }

  public struct Fault: Encodable, Sendable, Equatable {
    public let file: String
    public let frame: Int?
    public let key: String?
    public let what: String
  }

  /// - Parameters:
  ///   - tokenizer: counts the ids of texts.
  ///   - limit: examine about so many samples, in frames spread evenly over the set; nil: all.
  ///   - each: called from time to time with the number of samples examined so far.
  /// - Throws: `RecordError` where the system refuses to read a shard, `ThreadsError` where it
  ///   refuses threads.
  public init(
    _ set: RecordSet, tokenizer: (any Tokenizer)? = nil, limit: Int? = nil, jobs: Int,
    each: (Int) -> Void = { _ in }
  ) throws {
    precondition(jobs > 0, "someone has to look")
    self.set = set
    stride = limit.map { max(1, set.index.samples / max(1, $0)) } ?? 1
    var passed = 0
    for shard in set.index.shards.indices {
      let reader = try set.openAnyway(shard: shard)
      let frames = reader.frameSamples.indices.dropLast().filter {
        (passed + $0).isMultiple(of: stride)
      }
      passed += reader.frameSamples.count - 1
      for first in Swift.stride(from: 0, to: frames.count, by: jobs) {
        let some = Array(frames[first..<min(first + jobs, frames.count)])
        for (frame, facts) in zip(some, try Self.read(some, of: reader, tokenizer)) {
          take(facts, frame: frame, shard: shard, of: reader)
        }
        each(rows.count)
      }
    }
  }

  private static func read(
    _ frames: [Int], of reader: ShardReader, _ tokenizer: (any Tokenizer)?
  ) throws(ThreadsError) -> [Result<[SampleFacts], RecordError>] {
    let results = Mutex([Int: Result<[SampleFacts], RecordError>]())
    let next = Atomic(0)
    try WorkerThread.together(frames.count) {
      let number = next.add(1, ordering: .relaxed).oldValue
      let facts = Result { () throws(RecordError) in
        try reader.read(frame: frames[number]).map { SampleFacts($0, tokenizer) }
      }
      results.withLock { $0[number] = facts }
    }
    return results.withLock { results in frames.indices.compactMap { results[$0] } }
  }

  private mutating func take(
    _ facts: Result<[SampleFacts], RecordError>, frame: Int, shard: Int, of reader: ShardReader
  ) {
    let file = set.index.shards[shard].file
    switch facts {
    case .failure(let error):
      lost += reader.frameSamples[frame]
      add(Fault(file: file, frame: frame, key: nil, what: "\(error)"))
    case .success(let samples):
      for (number, facts) in samples.enumerated() {
        let place = Place(shard: Int32(shard), frame: Int32(frame), sample: Int32(number))
        rows.append(Row(facts, at: place))
        if let format = facts.image?.format { formats[format.rawValue, default: 0] += 1 }
        if let language = facts.text?.language { languages[language, default: 0] += 1 }
        captions += facts.captions
        labels += facts.labels
        for what in facts.faults {
          add(Fault(file: file, frame: frame, key: facts.key, what: what))
        }
      }
    }
  }

  private mutating func add(_ fault: Fault) {
    faulty += 1
    if faults.count < Self.keptFaults { faults.append(fault) }
  }

  /// The sample at a place, read again.
  func sample(_ place: Place) -> Sample? {
    let frame = try? set.openAnyway(shard: Int(place.shard)).read(frame: Int(place.frame))
    return frame.flatMap { $0.indices.contains(Int(place.sample)) ? $0[Int(place.sample)] : nil }
  }
}

extension SetSurvey.Row {
  fileprivate init(_ facts: SampleFacts, at place: SetSurvey.Place) {
    self.place = place
    key = hash(Array(facts.key.utf8))
    picture = facts.image?.hash
    text = facts.text?.hash
    width = Int32(clamping: facts.image?.width ?? 0)
    height = Int32(clamping: facts.image?.height ?? 0)
    bytes = Int32(clamping: facts.image?.bytes ?? 0)
    words = Int32(clamping: facts.text?.words ?? 0)
    characters = Int32(clamping: facts.text?.characters ?? 0)
    ids = Int32(clamping: facts.ids ?? 0)
  }
}
