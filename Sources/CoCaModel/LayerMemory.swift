import Autograd
import Tensors

/// The keys and values that a layer keeps for a batch of sequences that grow row by row: those of
/// the rows so far, and those of the images, which are made once.
///
/// Each sequence has room for all its rows from the start, so that nothing has to move.
final class LayerMemory {
  var image: KeysAndValues?
  private let room: Int
  private var lengths: [Int]
  private var words: (keys: Tensor, values: Tensor)?

  /// - Parameter room: rows of the longest sequence.
  init(sequences: Int, room: Int) {
    self.room = room
    lengths = [Int](repeating: 0, count: sequences)
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
