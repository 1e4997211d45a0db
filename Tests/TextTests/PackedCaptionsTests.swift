import Testing
import Text

@Suite("Packed captions")
struct PackedCaptionsTests {
  @Test("every caption comes back, also empty ones", arguments: 0..<5, 0..<4)
  func roundTrip(count: Int, longest: Int) {
    let captions = (0..<count).map { i in
      (0..<(i * 7) % (longest + 1)).map { Int32(100 * i + $0) }
    }
    let packed = PackedCaptions(captions)
    #expect(packed.count == count)
    #expect(packed.ids == captions.flatMap { $0 })
    #expect((0..<count).map { Array(packed[$0]) } == captions)
  }
}
