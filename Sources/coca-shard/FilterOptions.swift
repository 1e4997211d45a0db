import ArgumentParser
import Packing

/// What `pack` leaves out on purpose.
struct FilterOptions: ParsableArguments {
  @Option(help: "Drop pictures whose shorter side has fewer pixels (ALIGN: 200).")
  var minSide: Int?

  @Option(help: "Drop pictures whose longer side is more than this many times the shorter (3).")
  var maxAspect: Double?

  @Option(help: "Drop texts of fewer words (3).")
  var minWords: Int?

  @Option(help: "Drop texts of more words (20).")
  var maxWords: Int?

  @Option(help: "Drop texts that belong to more images than this (10). Reads all texts first.")
  var maxShared: Int?

  @Option(help: "Drop texts with a word that the input has fewer times. Reads all texts first.")
  var rareWord: Int?

  @Option(help: ArgumentHelp("""
    keep; exact: drop pictures whose files are equal; near: those that look alike too (all \
    pictures are decoded). The first one stays.
    """))
  var duplicates: PackFilters.Duplicates = .keep

  @Option(help: ArgumentHelp("""
    A dataset, as one to evaluate on: drop pictures that it has, look-alikes too unless \
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
