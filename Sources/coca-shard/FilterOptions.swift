import ArgumentParser
import Packing

/// The options of `pack` that drop samples on purpose.
struct FilterOptions: ParsableArguments {
  @Option(help: "Drop pictures whose shorter side has fewer pixels (ALIGN: 200).")
  var minSide: Int?

  @Option(help: "Drop pictures whose longer side is more than this times the shorter (ALIGN: 3).")
  var maxAspect: Double?

  @Option(help: "Drop texts with fewer words (ALIGN: 3).")
  var minWords: Int?

  @Option(help: "Drop texts with more words (ALIGN: 20).")
  var maxWords: Int?

  @Option(help: "Drop texts of more images than this (ALIGN: 10). Reads all texts first.")
  var maxShared: Int?

  @Option(help: "Drop texts with a word that the input has fewer times. Reads all texts first.")
  var rareWord: Int?

  @Option(help: ArgumentHelp("""
    keep; exact: drop pictures whose files are equal; near: also drop those that look alike (all \
    pictures are decoded). The first one is kept.
    """))
  var duplicates: PackFilters.Duplicates = .keep

  @Option(help: ArgumentHelp("""
    A dataset for evaluation: drop pictures that it holds, also those that look alike unless \
    --duplicates is exact. May be given several times.
    """), completion: .directory)
  var against: [String] = []

  var filters: PackFilters {
    var filters = PackFilters()
    filters.minimumSide = minSide
    filters.maximumAspect = maxAspect
    filters.minimumWords = minWords
    filters.maximumWords = maxWords
    filters.maximumShared = maxShared
    filters.rareWord = rareWord
    filters.duplicates = duplicates
    return filters
  }
}

extension PackFilters.Duplicates: ExpressibleByArgument {}
