import Foundation
import Tensors
import Testing

@Suite("Tensors")
struct TensorTests {
  @Test("every tensor begins at a multiple of 64 bytes and shares none with another", arguments: [
    0, 1, 15, 16, 17, 1000, 4097, 600_000, 1_048_576,
  ])
  func alignment(count: Int) {
    let tensors = (0..<3).map { _ in Tensor([count]) }
    let starts = tensors.map { Int(bitPattern: $0.pointer) }.sorted()
    #expect(starts.allSatisfy { $0 % 64 == 0 })
    #expect(zip(starts, starts.dropFirst()).allSatisfy { $1 - $0 >= max(4 * count, 64) })
  }

  /// In a process of its own: other tests allocate too.
  @Test("sizes that come again take nothing more from the system, nor do smaller ones")
  func reuse() async {
    await #expect(processExitsWith: .success) {
      func step(_ share: Double) {
        let kept = [1000, 100_000, 7e6, 8e7].map { Tensor([Int(share * $0)]) }
        let more = Tensor([Int(share * 7e6)])
        #expect(kept.allSatisfy { $0.pointer != more.pointer })
      }
      step(1)
      let taken = Tensor.reservedBytes
      #expect(taken >= 4 * 94_101_000)
      for _ in 0..<10 { step(1) }
      for share in [0.99, 0.9, 0.75, 0.5, 0.3, 0.1] { step(share) }
      #expect(Tensor.reservedBytes == taken)
    }
  }

  @Test("a program says how it ends where the system has no memory left")
  func exhausted() async {
    await #expect(processExitsWith: .exitCode(7)) {
      OutOfMemory.handle { exit($0.bytes >= 1 << 47 ? 7 : 8) }
      _ = Tensor([1 << 45])
    }
  }

  @Test("free neighbours serve what neither could")
  func neighbours() async {
    await #expect(processExitsWith: .success) {
      var halves = (0..<2).map { _ in Tensor([7_000_000]) }
      let taken = Tensor.reservedBytes
      halves = []
      let whole = Tensor([14_000_000])
      #expect(halves.isEmpty && whole.count == 14_000_000 && Tensor.reservedBytes == taken)
    }
  }

  @Test("ragged steps take little more of the system than they hold at once")
  func ragged() async {
    await #expect(processExitsWith: .success) {
      let random = CounterRandom(seed: 1, .text("sizes"))
      var drawn: UInt64 = 0
      func draw(_ limit: Int) -> Int {
        drawn += 1
        return Int(random.bits(drawn) % UInt64(limit)) + 1
      }
      let peak = Tensor.peakBytes {
        for _ in 0..<50 {
          // As a forward pass keeps tensors, with others between, and a backward pass frees them.
          let rows = 500 + draw(500)
          var kept: [Tensor] = []
          for _ in 0..<100 {
            kept.append(Tensor([rows, draw(2000)]))
            _ = [Tensor([rows, draw(2000)]), Tensor([draw(2000)])]
          }
          while let last = kept.popLast() { _ = [Tensor(last.shape), Tensor([rows, draw(2000)])] }
        }
      }
      #expect(peak > 300_000_000)
      #expect(Double(Tensor.reservedBytes) < 1.1 * Double(peak) + 64e6)
    }
  }

  @Test("what nobody holds can be given back to the system, what is held stays")
  func release() async {
    await #expect(processExitsWith: .success) {
      let held = Tensor.zeros([1000])
      for count in [10, 5000, 800_000, 30_000_000] { Tensor([count]).fill(1) }
      #expect(Tensor.reservedBytes > 120_000_000)
      Tensor.releaseUnused()
      #expect(Tensor.reservedBytes <= 4 << 20 && held.values.allSatisfy { $0 == 0 })
      Tensor([800_000]).fill(1)
      #expect(held.values.allSatisfy { $0 == 0 })
    }
  }

  @Test("a block goes back only when its last view is gone")
  func views() async {
    await #expect(processExitsWith: .success) {
      var view: Tensor? = Tensor.zeros([50, 50]).rows(3..<5)
      let address = view?.pointer
      view?.fill(7)
      let other = Tensor([50, 50])
      other.fill(1)
      #expect(view?.values == Array(repeating: 7, count: 100))
      #expect(other.pointer + 150 != address)
      view = nil
      let next = Tensor([50, 50])
      #expect(next.pointer + 150 == address)
    }
  }

  @Test("shapes, rows, slices and copies", arguments: [[4, 3, 5], [12, 5], [60]])
  func shapes(shape: [Int]) {
    let tensor = Tensor((0..<60).map(Float.init), shape: shape)
    #expect(tensor.count == 60 && tensor.width == shape[shape.count - 1])
    #expect(tensor.rows * tensor.width == 60)
    #expect(tensor.reshaped([6, 10]).rows(2..<4).values == (20..<40).map(Float.init))
    #expect(tensor.slice(at: 7, shape: [2]).values == [7, 8])
    let copy = tensor.copy()
    copy.fill(0)
    #expect(tensor.values == (0..<60).map(Float.init))
    tensor.slice(at: 59, shape: [1]).fill(-1)
    #expect(tensor.values[59] == -1)
    #expect(Tensor.zeros([]).count == 1 && Tensor.zeros([]).width == 1)
  }
}
