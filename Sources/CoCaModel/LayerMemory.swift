import Autograd
import Tensors

/// The keys and values that a layer keeps for a batch of sequences that grow row by row: those of
/// the rows so far, and those of the images, which are made once.
///
/// Each sequence has room for all its rows from the start, so that nothing has to move.
final class LayerMemory {
  var image: KeysAndValues?
  /// Consecutive sequences that belong to the same image.
  let sequencesPerImage: Int
  private let room: Int
  private var lengths: [Int]
  private var words: (keys: Tensor, values: Tensor)?

  /// - Parameter room: rows of the longest sequence.
  init(images: Int, sequencesPerImage: Int, room: Int) {
    (self.sequencesPerImage, self.room) = (sequencesPerImage, room)
    lengths = [Int](repeating: 0, count: images * sequencesPerImage)
  }

  /// Gives sequence `copy` all rows of another, in place of its own.
  func copy(_ sequence: Int, to copy: Int) {
    lengths[copy] = lengths[sequence]
    guard let words else { return }
    for kept in [words.keys, words.values] {
      kept.rows(copy * room..<copy * room + lengths[copy]).pointer.update(
        from: kept.rows(sequence * room..<(sequence + 1) * room).pointer,
        count: lengths[copy] * kept.width)
    }
  }

  /// Adds the next rows of every sequence; a sequence may have none.
  /// - Returns: all rows so far.
  func appending(_ new: KeysAndValues) -> KeysAndValues {
    let width = new.keys.width, shape = [lengths.count * room, width]
    let kept = words ?? (Tensor(shape), Tensor(shape))
    words = kept
    for (sequence, length) in lengths.enumerated() {
      let rows = new.segments[sequence]
      precondition(length + rows.count <= room, "sequence \(sequence) outgrows its room")
      let start = sequence * room + length
      for (from, to) in [(new.keys, kept.keys), (new.values, kept.values)] {
        to.rows(start..<start + rows.count).pointer.update(
          from: from.value.rows(rows).pointer, count: rows.count * width)
      }
      lengths[sequence] += rows.count
    }
    return KeysAndValues(
      keys: Variable(constant: kept.keys, on: nil),
      values: Variable(constant: kept.values, on: nil),
      segments: Segments(lengths: lengths, room: room))
  }
}
