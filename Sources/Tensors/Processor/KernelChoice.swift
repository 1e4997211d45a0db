/// Which of OpenBLAS's kernels computes the float32 products.
///
/// OpenBLAS recognises processors by their numbers. A processor newer than the library gets kernels
/// for SSE3. So the kernel is proposed by what the processor supports; where the library's own
/// choice differs, a trial confirms it. All ranks of a machine get the same kernel, since a trial
/// overrules the proposal only if products are wrong or below a quarter of the processor's speed.
public enum KernelChoice: Sendable, Equatable {
  /// The library's own choice.
  case own
  /// Not decided yet: this kernel must be tried.
  case trial(of: String)
  /// This kernel, by its name in OPENBLAS_CORETYPE.
  case named(String)
  /// No kernel gives right products.
  case none

  /// - Parameters:
  ///   - own: the kernel that the library chose itself.
  ///   - shares: kernels that were tried, with their products' speed as a share of the processor's
  ///     multiply-adds; 0: wrong, or no such kernel.
  public init(for processor: Processor, own: String, shares: [String: Double]) {
    let level = Self.instructions(of: own)
    if let level, level >= processor.instructions, shares[own] ?? 1 > 0 {
      self = .own
      return
    }
    var candidates = Self.candidates(for: processor).filter { $0 != own }
    // A kernel with an unknown name is newer than this program, and may well suit.
    candidates.insert(own, at: level == nil ? 0 : candidates.count)
    // A proposal is given up only for a defect, never because a machine was busy: ranks must agree.
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

  /// Best first. SapphireRapids is left out: only its bfloat16 products differ from Cooperlake's.
  private static func candidates(for processor: Processor) -> [String] {
    let avx2 = processor.isAMD ? "Zen" : "Haswell"
    return switch processor.instructions {
    case .baseline: []
    case .avx2: [avx2]
    case .avx512: (processor.hasBFloat16 ? ["Cooperlake"] : []) + ["SkylakeX", avx2]
    }
  }

  /// What a kernel is compiled for; nil where this program does not know its name.
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
