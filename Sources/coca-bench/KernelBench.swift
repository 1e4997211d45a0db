import ArgumentParser
import CKernels
import Tensors

/// Every fused kernel on data larger than the caches, with its limit: the time that moving its
/// bytes or doing its arithmetic would take alone, whichever is longer.
struct KernelBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernels",
    abstract: "Row and element-wise kernels against memory bandwidth and arithmetic.")

  @OptionGroup var machine: MachineOptions

  private static let rows = 16_384
  private static let width = 768

  func run() throws {
    try machine.start()
    let count = Self.rows * Self.width
    let bench = Buffers(count: count)
    let bandwidth = bench.bandwidth()
    let arithmetic = Self.multiplyAdds()
    print(
      "\(Threads.count) threads, \(kernels.level), \(fixed(bandwidth / 1e9, 1)) GB/s (copy),",
      "\(fixed(arithmetic / 1e9, 1)) billion multiply-adds a second (products)")
    print(
      "kernel                    bytes  instructions  ns/element  of its limit  "
        + "in cache ns/element")
    for kernel in Kernel.all(rows: Self.rows, width: Self.width) {
      let seconds = bestSeconds { bench.run(kernel, rows: Self.rows, width: Self.width) }
      let small = max(8, (64 << 10) / (4 * Self.width * 4)) * Threads.count
      let cached = bestSeconds {
        for _ in 0..<100 { bench.run(kernel, rows: small, width: Self.width) }
      }
      let limit = Double(count) * max(
        Double(kernel.bytes) / bandwidth, Double(kernel.instructions) / arithmetic)
      print(
        kernel.name.padding(toLength: 26, withPad: " ", startingAt: 0), pad("\(kernel.bytes)", 4),
        pad("\(kernel.instructions)", 13), pad(fixed(seconds / Double(count) * 1e9, 3), 11),
        pad(fixed(seconds / limit, 2), 13),
        pad(fixed(cached / Double(100 * small * Self.width) * 1e9, 3), 20))
    }
  }

  /// Multiply-adds of floats per second, as the team's products reach them.
  private static func multiplyAdds() -> Double {
    let size = 1024, a = Tensor.zeros([size, size]), b = Tensor.zeros([size, size])
    let c = Tensor.zeros([size, size])
    let seconds = bestSeconds { GEMM.multiply(Matrix(a), Matrix(b), into: Matrix(c), .float32) }
    return Double(size * size * size) / seconds
  }
}

/// One kernel on a range of rows of up to six arrays.
private struct Kernel {
  let name: String
  /// Bytes read and written per element.
  let bytes: Int
  /// Arithmetic instructions per vector, counted in the code; each takes as long as a multiply-add.
  let instructions: Int
  let run: (_ arrays: [UnsafeMutablePointer<Float>], _ rows: Int, _ width: Int) -> Void

  static func all(rows: Int, width: Int) -> [Kernel] {
    let vector = Tensor.zeros([max(4 * width, rows)]), k = kernels
    let v = vector.pointer
    return [
      Kernel(name: "layer norm", bytes: 8, instructions: 6) { a, rows, width in
        k.layer_norm(a[0], v, v + width, a[1], a[4], a[5], rows, width, 1e-5)
      },
      Kernel(name: "layer norm, backward", bytes: 12, instructions: 14) { a, rows, width in
        let partial = Tensor.zeros([2 * width])
        k.layer_norm_backward(
          a[0], v, a[4], a[5], a[1], a[2], 0, partial.pointer, partial.pointer + width, rows, width)
      },
      Kernel(name: "GELU", bytes: 8, instructions: 30) { a, rows, width in
        k.gelu(a[0], a[1], rows * width)
      },
      Kernel(name: "GELU, backward", bytes: 12, instructions: 33) { a, rows, width in
        k.gelu_backward(a[0], a[1], a[2], rows * width)
      },
      Kernel(name: "QuickGELU", bytes: 8, instructions: 24) { a, rows, width in
        k.quick_gelu(a[0], a[1], rows * width)
      },
      Kernel(name: "QuickGELU, backward", bytes: 12, instructions: 28) { a, rows, width in
        k.quick_gelu_backward(a[0], a[1], a[2], rows * width)
      },
      Kernel(name: "softmax", bytes: 8, instructions: 23) { a, rows, width in
        k.attention_softmax(a[0], width, rows, width, width, 0, 0.1, a[4])
      },
      Kernel(name: "softmax from sums", bytes: 8, instructions: 19) { a, rows, width in
        k.softmax_from_sums(a[0], width, rows, width, 0, a[4], v, 1)
      },
      Kernel(name: "softmax again", bytes: 8, instructions: 18) { a, rows, width in
        k.attention_probabilities(a[0], width, rows, width, width, 0, 0.1, a[4])
      },
      Kernel(name: "softmax, backward", bytes: 12, instructions: 2) { a, rows, width in
        k.attention_scores_backward(a[0], a[1], width, rows, width, 0.1, a[4])
      },
      Kernel(name: "contrastive gradient", bytes: 8, instructions: 45) { a, rows, width in
        let slopes = UnsafeMutableRawPointer(a[2]).assumingMemoryBound(to: Double.self)
        k.contrastive_gradient(a[0], width, rows, width, 0.1, a[4], v, v, v, v, 1e-9, 1e-9, slopes)
      },
      Kernel(name: "log-sum-exp", bytes: 4, instructions: 21) { a, rows, width in
        k.log_sum_exp_update(a[0], width, rows, width, 1, a[4], a[5])
      },
      Kernel(name: "AdamW", bytes: 28, instructions: 16) { a, rows, width in
        k.adamw(a[0], a[1], a[2], a[3], rows * width, 1, 1e-9, 0.9, 0.999, 1, 1, 1e-8, 0.01)
      },
      Kernel(name: "Adafactor, a row's moments", bytes: 4, instructions: 4) { a, rows, width in
        let columns = Tensor.zeros([width])
        for row in 0..<rows {
          _ = k.adafactor_row_moments(a[0] + row * width, width, 1, 1e-30, columns.pointer)
        }
      },
      Kernel(name: "Adafactor, a row's update", bytes: 20, instructions: 8) { a, rows, width in
        for row in 0..<rows {
          let r = row * width
          k.adafactor_row_update(a[0] + r, a[1] + r, a[2] + r, width, 1, 1, v, 0.9, 1e-9, 0.01)
        }
      },
      Kernel(name: "Adafactor, not factored", bytes: 28, instructions: 12) { a, rows, width in
        k.adafactor_update(a[0], a[1], a[2], a[3], rows * width, 1, 0.9, 0.999, 1e-30, 1e-9, 0.01)
      },
      Kernel(name: "sum of squares", bytes: 4, instructions: 2) { a, rows, width in
        _ = k.sum_of_squares(a[0], rows * width)
      },
      Kernel(name: "bias and residual", bytes: 8, instructions: 2) { a, rows, width in
        k.add_bias(a[0], v, a[1], rows, width)
      },
      Kernel(name: "scale and residual", bytes: 12, instructions: 1) { a, rows, width in
        k.add_scaled(a[0], a[1], v, a[2], rows, width)
      },
      Kernel(name: "scale, backward", bytes: 12, instructions: 2) { a, rows, width in
        let partial = Tensor.zeros([width])
        k.add_scaled_backward(a[0], v, a[1], a[2], partial.pointer, rows, width)
      },
      Kernel(name: "L2 norm", bytes: 8, instructions: 3) { a, rows, width in
        k.l2_normalize(a[0], a[1], a[4], rows, width)
      },
      Kernel(name: "L2 norm, backward", bytes: 16, instructions: 4) { a, rows, width in
        k.l2_normalize_backward(a[0], a[4], a[1], a[2], rows, width)
      },
      Kernel(name: "to bfloat16", bytes: 6, instructions: 10) { a, rows, width in
        k.to_bfloat16(a[0], halves(a[1]), rows * width)
      },
      Kernel(name: "add bfloat16", bytes: 10, instructions: 2) { a, rows, width in
        k.add_bfloat16(halves(a[0]), a[1], rows * width)
      },
      Kernel(name: "patches of 16 × 16", bytes: 8, instructions: 1) { a, rows, width in
        let image = 4 * width  // 32 × 32 pixels where rows have 768 elements
        for start in stride(from: 0, through: rows * width - image, by: image) {
          k.extract_patches(a[0] + start, a[1] + start, 3, 32, 32, 16, 16)
        }
      },
    ]
  }
}

private func halves(_ array: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<UInt16> {
  UnsafeMutableRawPointer(array).assumingMemoryBound(to: UInt16.self)
}

private struct Buffers {
  let arrays: [Tensor]

  init(count: Int) {
    arrays = (0..<6).map { _ in Tensor.zeros([count]) }
    for (index, array) in arrays.enumerated() {
      let random = CounterRandom(seed: UInt64(index), .text("kernels"))
      for element in stride(from: 0, to: count, by: 7) {
        array.pointer[element] = Float(random.uniform(UInt64(element)))
      }
    }
  }

  func run(_ kernel: Kernel, rows: Int, width: Int) {
    Threads.split(rows, grain: 8) { range in
      let pointers = arrays[..<4].map { $0.pointer + range.lowerBound * width }
      kernel.run(
        pointers + arrays[4...].map { $0.pointer + range.lowerBound }, range.count, width)
    }
  }

  /// Bytes per second of the simplest loop that reads and writes.
  func bandwidth() -> Double {
    let count = arrays[0].count
    let seconds = bestSeconds {
      Threads.split(count, grain: 1024) { range in
        kernels.add(
          arrays[0].pointer + range.lowerBound, arrays[1].pointer + range.lowerBound,
          arrays[2].pointer + range.lowerBound, range.count)
      }
    }
    return 12 * Double(count) / seconds
  }
}
