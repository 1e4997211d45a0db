/// Which of OpenBLAS's kernels is to make the float32 products.
///
/// OpenBLAS knows processors by their numbers. One that is newer than itself gets kernels for SSE3.
/// So facts propose and, where the library's own choice does not fit them, a trial confirms: all
/// ranks of a machine come to the same kernel, since a trial only overrules where it finds products
/// wrong or below a quarter of what the processor has.
public enum KernelChoice: Sendable, Equatable {
  /// What the library has chosen itself.
  case own
  /// Not decided: this one is to be tried.
  case trial(of: String)
  /// This one, by its name in OPENBLAS_CORETYPE.
  case named(String)
  /// None gives right products.
  case none

  /// - Parameters:
  ///   - own: the kernel that the library chose itself.
  ///   - shares: kernels that were tried, and their products' share of the processor's
  ///     multiply-adds; 0: wrong, or not there.
  public init(for processor: Processor, own: String, shares: [String: Double]) {
    let level = Self.instructions(of: own)
    if let level, level >= processor.instructions, shares[own] ?? 1 > 0 {
      self = .own
      return
    }
    var candidates = Self.candidates(for: processor).filter { $0 != own }
    // One with a name of its own is newer than this program, and may well suit.
    candidates.insert(own, at: level == nil ? 0 : candidates.count)
    // What facts propose is given up for a defect, never for a busy moment: ranks must agree.
    let enough = 0.25
    for candidate in candidates {
      guard let share = shares[candidate] else {
        self = .trial(of: candidate)
        return
      }
      guard share < enough else {
        self = candidate == own ? .own : .named(candidate)
        return
      }
    }
    let best = candidates.max { shares[$0] ?? 0 < shares[$1] ?? 0 }
    guard let best, shares[best] ?? 0 > 0 else {
      self = .none
      return
    }
    self = best == own ? .own : .named(best)
  }

  /// By merit. SapphireRapids is left out: of Cooperlake's it changes bfloat16 products alone.
  private static func candidates(for processor: Processor) -> [String] {
    let avx2 = processor.isAMD ? "Zen" : "Haswell"
    return switch processor.instructions {
    case .baseline: []
    case .avx2: [avx2]
    case .avx512: (processor.hasBFloat16 ? ["Cooperlake"] : []) + ["SkylakeX", avx2]
    }
  }

  /// What a kernel is made of; nil where this program does not know its name.
  package static func instructions(of kernel: String) -> Processor.InstructionSet? {
    switch kernel {
    case "SkylakeX", "Cooperlake", "SapphireRapids": .avx512
    case "Haswell", "Zen": .avx2
    case "Katmai", "Coppermine", "Northwood", "Prescott", "Banias", "Atom", "Core2", "Penryn",
      "Dunnington", "Nehalem", "Athlon", "Opteron", "Opteron_SSE3", "Barcelona", "Nano",
      "Sandybridge", "Bobcat", "Bulldozer", "Piledriver", "Steamroller", "Excavator":
      .baseline
    default: nil
    }
  }
}
