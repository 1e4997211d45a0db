import Collectives
import Testing

/// A small job whose ranks are driven by hand, one second a look, deadline 20 s: 10 s of silence.
private struct Job {
  var watch: Watch
  var beats: [Heartbeat]
  let rank: Int

  init(size: Int, rank: Int) {
    self.rank = rank
    watch = Watch(rank: rank, size: size, deadline: 20)
    beats = (0..<size).map {
      Heartbeat(tick: 1, beats: 0, step: 0, phase: .start, host: "n\($0)")
    }
  }

  mutating func beat(_ ranks: [Int], step: Int, phase: Phase) {
    for rank in ranks {
      beats[rank].beats += 1
      beats[rank].step = step
      beats[rank].phase = phase
    }
  }

  /// Looks once a second until a rank is lost; `ticking` processes live.
  mutating func look(
    seconds: Int, ticking: [Int], each: (inout Job) -> Void = { _ in }
  ) -> (second: Int, lost: LostRank)? {
    for second in 1...seconds {
      for rank in ticking { beats[rank].tick += 1 }
      each(&self)
      let beats = beats
      let lost = watch.look(elapsed: 1, own: beats[rank]) { beats[$0] }
      if let lost { return (second, lost) }
    }
    return nil
  }

  /// Both of the first two steps, so that the deadline is its plain value.
  mutating func start() {
    for step in 1...2 {
      beat(Array(beats.indices), step: step, phase: .data)
      _ = look(seconds: 1, ticking: Array(beats.indices))
    }
  }
}

@Suite("Watch over ranks")
struct WatchTests {
  @Test("every watcher names the rank whose process is gone", arguments: 0...3, 0...3)
  func gone(watcher: Int, gone: Int) throws {
    guard watcher != gone else { return }
    var job = Job(size: 4, rank: watcher)
    job.start()
    let alive = (0..<4).filter { $0 != gone }
    job.beat(alive, step: 2, phase: .communicate)
    let found = job.look(seconds: 30, ticking: alive)
    let (second, lost) = try #require(found)
    #expect((10...13).contains(second))
    #expect(lost.rank == gone && lost.reason == .gone && lost.host == "n\(gone)")
  }

  @Test("every watcher names the rank that is furthest behind", arguments: 0...3, 0...3)
  func hangs(watcher: Int, hanging: Int) throws {
    var job = Job(size: 4, rank: watcher)
    job.start()
    job.beat((0..<4).filter { $0 != hanging }, step: 2, phase: .communicate)
    let found = job.look(seconds: 30, ticking: [0, 1, 2, 3])
    let (second, lost) = try #require(found)
    #expect((10...13).contains(second))
    #expect(lost.rank == hanging && lost.reason == .hangs && lost.phase == .data)
  }

  @Test("ranks that wait for one that gets on are not lost")
  func waiting() {
    var job = Job(size: 3, rank: 1)
    job.start()
    let found = job.look(seconds: 500, ticking: [0, 1, 2]) {
      $0.beat([0], step: 2, phase: .checkpoint)
    }
    #expect(found == nil)
  }

  @Test("a rank that gets on itself loses nobody")
  func ownProgress() {
    var job = Job(size: 2, rank: 0)
    job.start()
    let found = job.look(seconds: 500, ticking: [0]) { $0.beat([0], step: 3, phase: .data) }
    #expect(found == nil)
  }

  @Test("the first step has ten times the deadline for a living process", arguments: [false, true])
  func firstStep(hasBegun: Bool) throws {
    var job = Job(size: 2, rank: 0)
    if hasBegun { job.beat([0], step: 70, phase: .data) }
    let found = job.look(seconds: 200, ticking: [0, 1])
    let (second, lost) = try #require(found)
    #expect((100...103).contains(second))
    #expect(lost.reason == .hangs && (!hasBegun || lost.rank == 1))
  }

  @Test("a checkpoint has ten times the deadline for a living process", arguments: 1...2)
  func checkpoint(ranks: Int) throws {
    var job = Job(size: ranks, rank: 0)
    job.start()
    job.beat(Array(0..<ranks), step: 2, phase: .checkpoint)
    let found = job.look(seconds: 200, ticking: Array(0..<ranks))
    let (second, lost) = try #require(found)
    #expect((100...103).contains(second))
    #expect(lost.reason == .hangs && lost.phase == .checkpoint)
  }

  @Test("who is in an earlier phase is behind, whatever it has counted in it")
  func counts() throws {
    var job = Job(size: 2, rank: 0)
    job.start()
    for _ in 0..<100 { job.beat([1], step: 3, phase: .data) }
    job.beat([0], step: 3, phase: .compute)
    let found = job.look(seconds: 30, ticking: [0, 1])
    #expect(try #require(found).lost.rank == 1)
  }

  @Test("validation before the first step does not end its longer time")
  func validationFirst() throws {
    var job = Job(size: 2, rank: 0)
    job.beat([0, 1], step: 70, phase: .validation)
    _ = job.look(seconds: 5, ticking: [0, 1])
    job.beat([0, 1], step: 71, phase: .data)
    let found = job.look(seconds: 200, ticking: [0, 1])
    #expect((100...103).contains(try #require(found).second))
  }

  @Test("a process that stops in the first step is named as soon as in any other", arguments: 0...3)
  func goneInFirstStep(gone: Int) throws {
    for watcher in 0...3 where watcher != gone {
      var job = Job(size: 4, rank: watcher)
      let found = job.look(seconds: 200, ticking: (0...3).filter { $0 != gone })
      let (second, lost) = try #require(found)
      #expect((10...13).contains(second))
      #expect(lost.rank == gone && lost.reason == .gone)
    }
  }

  @Test("a rank alone is lost when it hangs, and not before")
  func alone() throws {
    var job = Job(size: 1, rank: 0)
    job.start()
    let found = job.look(seconds: 30, ticking: [0])
    let (second, lost) = try #require(found)
    #expect((10...12).contains(second))
    #expect(lost.rank == 0 && lost.reason == .hangs)
  }

  @Test("a rank that never wrote is named too")
  func neverSeen() throws {
    var watch = Watch(rank: 0, size: 2, deadline: 2)
    var own = Heartbeat(tick: 0, beats: 1, step: 1, phase: .communicate, host: "n0")
    var lost: LostRank?
    var seconds = 0
    while lost == nil, seconds < 20 {
      own.tick += 1
      seconds += 1
      lost = watch.look(elapsed: 1, own: own) { _ in nil }
    }
    #expect(lost?.rank == 1 && lost?.host == "unknown host")
    // It may still be about to start.
    #expect((10...12).contains(seconds))
  }

  @Test("a heartbeat is read back, and no part of one is taken for a whole")
  func lines() {
    let beat = Heartbeat(tick: 12, beats: 345, step: 67, phase: .optimizer, host: "node-8")
    let line = beat.line
    #expect(Heartbeat(line) == beat)
    for length in 0..<line.count { #expect(Heartbeat(String(line.prefix(length))) == nil) }
    #expect(Heartbeat("1 2 3 200 n\n") == nil)
  }
}
