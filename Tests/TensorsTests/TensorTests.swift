import Tensors
import Testing

@Suite("Tensors")
struct TensorTests {
  @Test("every tensor begins at a multiple of 64 bytes, large ones at huge pages", arguments: [
    0, 1, 15, 16, 17, 1000, 4097, 600_000, 1_048_576,
  ])
  func alignment(count: Int) {
    let tensors = (0..<3).map { _ in Tensor([count]) }
    let boundary = count * 4 >= 2 << 20 ? 2 << 20 : 64
    #expect(tensors.allSatisfy { Int(bitPattern: $0.pointer) % boundary == 0 })
    #expect(Set(tensors.map { Int(bitPattern: $0.pointer) }).count == 3)
  }

  /// In a process of its own: other tests allocate too.
  @Test("sizes that come again take nothing more from the system, nor do smaller ones to the half")
  func reuse() async {
    await #expect(processExitsWith: .success) {
      func step(_ share: Double) {
        let kept = [10, 1000, 70_000, 800_000].map { Tensor([Int(share * $0)]) }
        let more = Tensor([Int(share * 70_000)])
        #expect(kept.allSatisfy { $0.pointer != more.pointer })
      }
      step(1)
      let taken = Tensor.allocatedBytes
      #expect(taken >= 4 * 941_010)
      for _ in 0..<10 { step(1) }
      for share in [0.99, 0.9, 0.75, 0.6, 0.55] { step(share) }
      #expect(Tensor.allocatedBytes == taken)
    }
  }

  @Test("what nobody holds can be given back to the system, what is held stays")
  func release() async {
    await #expect(processExitsWith: .success) {
      let held = Tensor.zeros([1000])
      let before = Tensor.allocatedBytes
      for count in [10, 5000, 800_000] { Tensor([count]).fill(1) }
      #expect(Tensor.allocatedBytes > before)
      Tensor.releaseUnused()
      #expect(Tensor.allocatedBytes == before && held.values.allSatisfy { $0 == 0 })
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
