import CKernels
import Testing

@Suite("Element-wise kernels")
struct KernelElementwiseTests {
  @Test("add, accumulate and scale are the float operations", arguments: KernelLevel.all)
  func arithmetic(level: KernelLevel) {
    for n in [0] + kernelLengths {
      let a = someFloats(n, seed: 1), b = someFloats(n, seed: 2)
      let x = GuardedFloats(a), y = GuardedFloats(b), out = GuardedFloats(zeros: n)
      level.table.add(x.pointer, y.pointer, out.pointer, n)
      #expect(out.values == zip(a, b).map(+))
      level.table.accumulate(x.pointer, y.pointer, n)
      #expect(y.values == zip(a, b).map(+))
      level.table.scale(3, x.pointer, n)
      #expect(x.values == a.map { 3 * $0 })
    }
  }

  @Test("add_bias adds to every row, to zeros without x, and in place", arguments: KernelLevel.all)
  func bias(level: KernelLevel) {
    for width in kernelLengths {
      let a = someFloats(3 * width, seed: 3), b = someFloats(width, seed: 4)
      let x = GuardedFloats(a), bias = GuardedFloats(b), out = GuardedFloats(zeros: 3 * width)
      let expected = a.indices.map { a[$0] + b[$0 % width] }
      level.table.add_bias(x.pointer, bias.pointer, out.pointer, 3, width)
      #expect(out.values == expected)
      level.table.add_bias(nil, bias.pointer, out.pointer, 3, width)
      #expect(out.values == b + b + b)
      level.table.add_bias(x.pointer, bias.pointer, x.pointer, 3, width)
      #expect(x.values == expected)
    }
  }

  @Test(
    "add_scaled is the formula and its backward pass the derivatives", arguments: KernelLevel.all)
  func scaled(level: KernelLevel) {
    for width in kernelLengths {
      let n = 3 * width
      let a = someFloats(n, seed: 5), b = someFloats(n, seed: 6), d = someFloats(n, seed: 7)
      let g = someFloats(width, seed: 8)
      let x = GuardedFloats(a), residual = GuardedFloats(b), dy = GuardedFloats(d)
      let gain = GuardedFloats(g), out = GuardedFloats(zeros: n), dgain = GuardedFloats(g)
      level.table.add_scaled(residual.pointer, x.pointer, gain.pointer, out.pointer, 3, width)
      expectClose(
        out.values, (0..<n).map { Double(b[$0]) + Double(a[$0]) * Double(g[$0 % width]) },
        absolute: 4e-7)
      level.table.add_scaled_backward(
        x.pointer, gain.pointer, dy.pointer, out.pointer, dgain.pointer, 3, width)
      #expect(out.values == (0..<n).map { d[$0] * g[$0 % width] })
      let sums = (0..<width).map { c in
        (0..<3).reduce(Double(g[c])) { $0 + Double(a[$1 * width + c]) * Double(d[$1 * width + c]) }
      }
      expectClose(dgain.values, sums, absolute: 2e-6)
    }
  }

  @Test(
    "extract_patches puts channel, row and column of each patch in order",
    arguments: KernelLevel.all, [(1, 1), (2, 3), (4, 16), (3, 18)])
  func patches(level: KernelLevel, patch: (height: Int, width: Int)) {
    for (gridHeight, gridWidth) in [(1, 1), (2, 3)] {
      // One row and column more than the patches cover, where a patch is larger than that.
      let height = gridHeight * patch.height + patch.height / 2
      let width = gridWidth * patch.width + patch.width / 2
      let pixels = (0..<3 * height * width).map { Float($0) }
      let image = GuardedFloats(pixels)
      var expected: [Float] = []
      for top in 0..<gridHeight {
        for left in 0..<gridWidth {
          for i in 0..<3 * patch.height * patch.width {
            let channel = i / (patch.height * patch.width)
            let y = top * patch.height + i / patch.width % patch.height
            let x = left * patch.width + i % patch.width
            expected.append(pixels[(channel * height + y) * width + x])
          }
        }
      }
      let out = GuardedFloats(zeros: expected.count)
      level.table.extract_patches(
        image.pointer, out.pointer, 3, height, width, patch.height, patch.width)
      #expect(out.values == expected)
    }
  }
}
