import Tensors

/// The rows of a packed batch of captions: token embedding plus learned position, and after each
/// caption's last token the CLS vector.
/// - Parameters:
///   - ids: all captions' tokens, one after another.
///   - captions: where each caption's tokens lie in `ids`.
///   - first: the position of each caption's first token, where earlier tokens are known already.
///   - table: `[vocabulary, width]`.
///   - positions: `[context, width]`, with one more row if the CLS has a position.
///   - cls: `[width]`; nil: no such rows.
///   - clsPosition: the CLS's row of `positions`; nil: it has no position.
/// - Returns: `[ids.count, width]`, or `[ids.count + captions.count, width]` with the CLS.
/// - Source: CoCa (arXiv 2205.01917) §3.2.
public func textEmbedding(
  _ ids: [Int32], _ captions: Segments, from first: Int = 0, table: Parameter,
  positions: Parameter, cls: Parameter?, clsPosition: Int? = nil, on tape: Tape?
) -> Variable {
  let width = table.shape[1], extra = cls == nil ? 0 : 1
  let output = Tensor([ids.count + extra * captions.count, width])
  let parameters = [table, positions] + (cls.map { [$0] } ?? [])
  return operation("text embedding", of: [], reads: [output], parameters: parameters, on: tape) {
    Threads.split(captions.count, grain: 8) { range in
      for caption in range {
        for (place, index) in captions[caption].enumerated() {
          kernels.add(
            table.value.pointer + Int(ids[index]) * width,
            positions.value.pointer + (first + place) * width,
            output.pointer + (index + extra * caption) * width, width)
        }
        guard let cls else { continue }
        let last = output.pointer + (captions[caption].upperBound + caption) * width
        last.update(from: cls.value.pointer, count: width)
        guard let clsPosition else { continue }
        kernels.accumulate(positions.value.pointer + clsPosition * width, last, width)
      }
    }
    return output
  } backward: { gradient in
    // Divided by columns: captions share rows of the table, but threads never share an element.
    Threads.split(width, grain: 16) { columns in
      func add(_ row: Int, to parameter: Parameter, at target: Int = 0) {
        guard parameter.isTrained else { return }
        kernels.accumulate(
          gradient.pointer + row * width + columns.lowerBound,
          parameter.gradient.pointer + target * width + columns.lowerBound, columns.count)
      }
      for caption in 0..<captions.count {
        for (place, index) in captions[caption].enumerated() {
          let row = index + extra * caption
          add(row, to: table, at: Int(ids[index]))
          add(row, to: positions, at: first + place)
        }
        guard let cls else { continue }
        let last = captions[caption].upperBound + caption
        add(last, to: cls)
        if let clsPosition { add(last, to: positions, at: clsPosition) }
      }
    }
  }
}
