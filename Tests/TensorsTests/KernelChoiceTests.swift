import Tensors
import Testing

@Suite("Choice of OpenBLAS's kernel")
struct KernelChoiceTests {
  /// A processor, what OpenBLAS 0.3.21 takes it for, and what is to compute.
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let processor: Processor
    let own: String
    let chosen: KernelChoice

    var testDescription: String { name }

    init(
      _ name: String, amd isAMD: Bool = false, _ instructions: Processor.InstructionSet,
      bfloat16: Bool = false, own: String, _ chosen: KernelChoice
    ) {
      self.name = name
      processor = Processor(
        name: name, isAMD: isAMD, instructions: instructions, hasBFloat16: bfloat16)
      self.own = own
      self.chosen = chosen
    }

    /// The decision where every kernel reaches the share that `shares` has, 0.8 where it has none.
    func decide(_ shares: [String: Double] = [:]) -> (choice: KernelChoice, trials: [String]) {
      var known: [String: Double] = [:], trials: [String] = []
      while trials.count < 10 {
        let choice = KernelChoice(for: processor, own: own, shares: known)
        guard case .trial(let kernel) = choice else { return (choice, trials) }
        trials.append(kernel)
        known[kernel] = shares[kernel] ?? 0.8
      }
      return (.none, trials)
    }
  }

  private static let cases = [
    Case("Zen 1", amd: true, .avx2, own: "Zen", .own),
    Case("Zen 2", amd: true, .avx2, own: "Zen", .own),
    Case("Zen 3", amd: true, .avx2, own: "Zen", .own),
    Case("Zen 4", amd: true, .avx512, bfloat16: true, own: "Cooperlake", .own),
    Case("Zen 4, taken for a Zen", amd: true, .avx512, bfloat16: true, own: "Zen",
         .named("Cooperlake")),
    Case("Zen 5", amd: true, .avx512, bfloat16: true, own: "Cooperlake", .own),
    Case("after Zen 5, taken for a Barcelona", amd: true, .avx512, bfloat16: true,
         own: "Barcelona", .named("Cooperlake")),
    Case("Haswell", .avx2, own: "Haswell", .own),
    Case("Skylake-X", .avx512, own: "SkylakeX", .own),
    Case("Ice Lake", .avx512, own: "SkylakeX", .own),
    Case("Sapphire Rapids", .avx512, bfloat16: true, own: "Cooperlake", .own),
    Case("Emerald Rapids", .avx512, bfloat16: true, own: "Prescott", .named("Cooperlake")),
    Case("Granite Rapids", .avx512, bfloat16: true, own: "Prescott", .named("Cooperlake")),
    Case("its hypervisor hides AVX-512", .avx2, own: "Prescott", .named("Haswell")),
    Case("its hypervisor hides AVX-512, of AMD", amd: true, .avx2, own: "Barcelona", .named("Zen")),
    Case("of the future, without bfloat16", .avx512, own: "Nehalem", .named("SkylakeX")),
    Case("without AVX2", .baseline, own: "Nehalem", .own),
    Case("known to a newer library", .avx512, bfloat16: true, own: "DiamondRapids", .own),
  ]

  @Test("is what the processor has, not what its number says", arguments: cases)
  func facts(_ one: Case) {
    #expect(one.decide().choice == one.chosen)
  }

  @Test("asks for a trial only where the library's own choice does not fit", arguments: cases)
  func trials(_ one: Case) {
    let expected: [String] =
      switch one.chosen {
      case .named(let kernel): [kernel]
      default: one.own == "DiamondRapids" ? [one.own] : []
      }
    #expect(one.decide().trials == expected)
  }

  @Test("passes over kernels that are wrong or not there")
  func wrong() {
    let emerald = Case("", .avx512, bfloat16: true, own: "Prescott", .own)
    #expect(emerald.decide(["Cooperlake": 0]).choice == .named("SkylakeX"))
    #expect(emerald.decide(["Cooperlake": 0, "SkylakeX": 0]).choice == .named("Haswell"))
    let newer = ["Cooperlake": 0.0, "SkylakeX": 0, "Haswell": 0]
    #expect(emerald.decide(newer).choice == .own)
    #expect(emerald.decide(newer.merging(["Prescott": 0]) { $1 }).choice == .none)
  }

  @Test("is the same on a busy machine, where trials find less")
  func busy() {
    let emerald = Case("", .avx512, bfloat16: true, own: "Prescott", .own)
    #expect(emerald.decide(["Cooperlake": 0.3]).choice == .named("Cooperlake"))
  }

  @Test("is the fastest where none reaches a quarter of what the processor has")
  func slow() {
    let slowDot = Case("", .avx512, bfloat16: true, own: "Prescott", .own)
    #expect(slowDot.decide(["Cooperlake": 0.2]).choice == .named("SkylakeX"))
    let shares = ["Cooperlake": 0.1, "SkylakeX": 0.12, "Haswell": 0.2, "Prescott": 0.05]
    #expect(slowDot.decide(shares).choice == .named("Haswell"))
    #expect(slowDot.decide(shares.merging(["Prescott": 0.22]) { $1 }).choice == .own)
  }

  @Test("gives up a fitting kernel whose products are wrong, and tries the others")
  func ownIsWrong() {
    let skylake = Processor(name: "", isAMD: false, instructions: .avx512, hasBFloat16: false)
    func choice(_ shares: [String: Double]) -> KernelChoice {
      KernelChoice(for: skylake, own: "SkylakeX", shares: shares)
    }
    #expect(choice([:]) == .own)
    #expect(choice(["SkylakeX": 0]) == .trial(of: "Haswell"))
    #expect(choice(["SkylakeX": 0, "Haswell": 0.3]) == .named("Haswell"))
    #expect(choice(["SkylakeX": 0, "Haswell": 0]) == .none)
  }
}
