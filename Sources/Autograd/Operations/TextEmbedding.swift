import Tensors

/// The rows of a packed batch of captions: token plus learned position, and after each caption's
/// last token the CLS vector, which has no position but its own place.
/// - Parameters:
///   - ids: all captions' tokens, one after another.
///   - captions: where each caption's tokens lie in `ids`.
///   - table: `[vocabulary, width]`.
///   - positions: `[context, width]`.
///   - cls: `[width]`.
/// - Returns: `[ids.count + captions.count, width]`.
/// - Source: CoCa (arXiv 2205.01917) §3.2.
public func textEmbedding(
  _ ids: [Int32], _ captions: Segments, table: Parameter, positions: Parameter, cls: Parameter,
  on tape: Tape?
) -> Variable {
  let width = table.shape[1]
  let output = Tensor([ids.count + captions.count, width])
  Threads.split(captions.count, grain: 8) { range in
    for caption in range {
      for (position, index) in captions[caption].enumerated() {
        kernels.add(
          table.value.pointer + Int(ids[index]) * width, positions.value.pointer + position * width,
          output.pointer + (index + caption) * width, width)
      }
      let last = captions[caption].upperBound + caption
      (output.pointer + last * width).update(from: cls.value.pointer, count: width)
    }
  }

  let result = Variable(output, on: tape)
  tape?.record {
    guard let gradient = result.takeGradient() else { return }
    // Cut by columns: captions share rows of the table, threads never share an element.
    Threads.split(width, grain: 16) { columns in
      func add(_ row: Int, to target: UnsafeMutablePointer<Float>) {
        kernels.accumulate(
          gradient.pointer + row * width + columns.lowerBound, target + columns.lowerBound,
          columns.count)
      }
      for caption in 0..<captions.count {
        for (position, index) in captions[caption].enumerated() {
          add(index + caption, to: table.gradient.pointer + Int(ids[index]) * width)
          add(index + caption, to: positions.gradient.pointer + position * width)
        }
        add(captions[caption].upperBound + caption, to: cls.gradient.pointer)
      }
    }
  }
  return result
}
