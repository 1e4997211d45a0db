import Checksums
import Foundation

extension SavedModel {
  /// The xxh64 of the model's shape, tokenizer and weights: what one model's embeddings are known
  /// by.
  /// - Complexity: reads all weights once.
  public func checksum() throws -> String {
    var hash = Checksum()
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    var header = try encoder.encode(model.configuration)
    if let tokenizer { header += tokenizer.model }
    header.withUnsafeBytes { hash.update($0) }
    for parameter in model.parameters.parameters.sorted(by: { $0.name < $1.name }) {
      hash.update(UnsafeRawBufferPointer(parameter.value.buffer))
    }
    return hash.text
  }
}
