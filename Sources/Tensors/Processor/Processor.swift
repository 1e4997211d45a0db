import CKernels

/// What decides which kernel suits a processor: what it supports. Its number does not, since a
/// library may not know it.
public struct Processor: Sendable, Equatable {
  /// What this program's kernels are compiled for; each set includes the one before it.
  public enum InstructionSet: String, Sendable, Comparable, CaseIterable {
    /// SSE2.
    case baseline
    /// AVX2 and fused multiply-adds.
    case avx2
    /// AVX-512: F, BW, CD, DQ and VL.
    case avx512

    public static func < (a: Self, b: Self) -> Bool {
      let order = allCases
      return order.firstIndex(of: a) ?? 0 < order.firstIndex(of: b) ?? 0
    }
  }

  /// Its own text and its numbers, as in "Intel(R) Xeon(R) Processor (family 6, model 207)".
  public let name: String
  /// The widest set that the processor and its system support.
  public let instructions: InstructionSet

  public init(name: String, instructions: InstructionSet) {
    self.name = name
    self.instructions = instructions
  }

  /// This machine's processor.
  public static let current: Processor = {
    let found = processor_read()
    let vendor = text(of: found.vendor), name = text(of: found.name)
    let numbers = "family \(found.family), model \(found.model)"
    return Processor(
      name: "\(name.isEmpty ? vendor : name) (\(numbers))",
      instructions: InstructionSet(rawValue: kernels.level) ?? .baseline)
  }()

  /// A C array of characters as text, up to the first zero, without surrounding spaces.
  private static func text<Characters>(of characters: Characters) -> String {
    withUnsafeBytes(of: characters) { bytes in
      let words = bytes.prefix { $0 != 0 }.split(separator: UInt8(ascii: " "))
      return words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
    }
  }
}
