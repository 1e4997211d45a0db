import RunFile
import Tensors

/// Which texts of the global batch match an image, and which images a text.
/// - Source: UniCL (arXiv 2204.03610) for those that are equal.
public enum Positives: Sendable, Equatable {
  /// Those that belong together.
  case pair
  /// Those of pairs that are equal by the first of these that a pair has.
  case equal([Content])

  /// What can make pairs equal.
  public enum Content: String, Sendable, CaseIterable {
    case `class`, text, image
  }
}

extension PairIdentity {
  /// What equal pairs have in common; a pair that has none of these contents is equal to itself.
  func key(by contents: [Positives.Content]) -> UInt64 {
    for content in contents {
      switch content {
      case .class: if let label { return label }
      case .text: return text
      case .image: return image
      }
    }
    return CounterRandom(seed: 0, "pair", KeyPart(source), KeyPart(epoch), KeyPart(sample)).bits(0)
  }
}

extension Kind where Value == Positives {
  /// `pair`, or a list without repeats.
  static var positives: Kind {
    let names = Positives.Content.allCases.map(\.rawValue).joined(separator: ", ")
    return Kind(
      "pair, or a list of some of \(names)", type: "`pair`, or list of some of \(names)",
      parse: { reading in
        if reading.node.text == "pair" { return .pair }
        let contents = reading.node.items?.map { $0.text.flatMap(Positives.Content.init) } ?? []
        guard !contents.isEmpty, Set(contents).count == contents.count else { return nil }
        let known = contents.compactMap(\.self)
        return known.count == contents.count ? .equal(known) : nil
      },
      write: { positives in
        switch positives {
        case .pair: .text("pair")
        case .equal(let contents): .list(contents.map { ConfigurationNode(.text($0.rawValue)) })
        }
      })
  }
}
