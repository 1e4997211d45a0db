extension InputFile {
  /// Reads elements as `Float`, block by block.
  ///
  /// - Parameters:
  ///   - type: one that is readable as `Float`.
  ///   - offset: of the first byte.
  ///   - each: called with every block's bytes as they are in the file, in order.
  func read(
    _ type: ElementType, at offset: Int, into floats: UnsafeMutableBufferPointer<Float>,
    each: (UnsafeRawBufferPointer) -> Void = { _ in }
  ) throws(CheckpointError) {
    let block = UnsafeMutableRawBufferPointer.allocate(
      byteCount: min(InputFile.blockBytes, floats.count * type.size), alignment: 64)
    defer { block.deallocate() }
    var done = 0
    while done < floats.count {
      let elements = min(block.count / type.size, floats.count - done)
      let target = UnsafeMutableBufferPointer(rebasing: floats[done..<done + elements])
      let part =
        type == .float32
        ? UnsafeMutableRawBufferPointer(target)
        : UnsafeMutableRawBufferPointer(rebasing: block.prefix(elements * type.size))
      try read(at: offset + done * type.size, into: part)
      each(UnsafeRawBufferPointer(part))
      if type != .float32 { type.convert(UnsafeRawBufferPointer(part), to: target) }
      done += elements
    }
  }
}
