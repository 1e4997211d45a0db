import CoCaModel
import Pipeline

/// Warnings of what a run file allows and hardly anybody wants: the run would train, but not as
/// meant. `place: what it leads to. Remedy`, a line each.
struct RunAdvice {
  let texts: [String]

  /// - Parameter sources: of the header.
  init(_ plan: RunPlan, _ sources: [SourceSummary]) throws {
    texts = [Self.warmup(plan), Self.vocabulary(plan), try Self.tokenizer(plan)]
      .compactMap { $0 }
      + sources.compactMap { Self.repetition(plan, $0) }
      + sources.compactMap { Self.cutting(plan, $0) }
      + [Self.captioning(plan), Self.freezing(plan)].compactMap { $0 }
  }

  private static func warmup(_ plan: RunPlan) -> String? {
    guard plan.schedule.warmupSteps > plan.steps else { return nil }
    return "schedule.warmup: the run's \(plan.steps.grouped) steps end before the "
      + "\(plan.schedule.warmupSteps.grouped) in which the rate rises to optimizer.lr"
  }

  private static func vocabulary(_ plan: RunPlan) -> String? {
    guard let pieces = plan.tokenizer?.vocabularySize, let rows = plan.shape.text.vocabulary,
      plan.initial == nil, rows > 2 * pieces, !plan.terms.heads.ofTexts.isEmpty
    else { return nil }
    let tables = plan.shape.heads.contains(.caption) ? 2 : 1
    let unused = Double(tables * (rows - pieces) * plan.shape.text.width)
    return "model.text.vocabulary: \(rows.grouped) rows for a tokenizer of "
      + "\(pieces.grouped) pieces: \(unused.counted) parameters are never used. "
      + "Set model.text.vocabulary: null, or train a larger tokenizer"
  }

  private static func tokenizer(_ plan: RunPlan) throws -> String? {
    guard let initial = plan.initial, let own = try initial.tokenizer(),
      let used = plan.tokenizer, let file = plan.configuration.tokenizer, own.model != used.model
    else { return nil }
    return "tokenizer: \(file) is not the one of init: its pieces begin with the embeddings of "
      + "other pieces. Remove tokenizer: to take init's"
  }

  private static func repetition(_ plan: RunPlan, _ source: SourceSummary) -> String? {
    guard source.pairsPerBatch > Double(source.samples) else { return nil }
    let copies =
      plan.terms.heads.contains(.contrastive)
      ? ", and its copies count as wrong answers in the contrastive loss" : ""
    return "batch: a step takes \(source.pairsPerBatch.fixed(0)) pairs of \(source.name), which "
      + "has \(source.samples.of("sample")): a picture comes several times in a batch\(copies). "
      + "Lower batch or the source's weight, or add data"
  }

  private static func cutting(_ plan: RunPlan, _ source: SourceSummary) -> String? {
    guard let cut = source.textsCut, cut > 0.5 else { return nil }
    return "model.text.context: \(plan.shape.text.context) ids are too few for "
      + "\((100 * cut).fixed(0))% of the texts of \(source.name), which are cut. "
      + "Raise it, or train a larger tokenizer"
  }

  private static func freezing(_ plan: RunPlan) -> String? {
    guard plan.isFromScratch, !plan.frozen.prefixes.isEmpty else { return nil }
    let frozen = plan.frozen.prefixes.joined(separator: ", ")
    return "freeze: the run starts from scratch, so \(frozen) keeps its random values. "
      + "Give the weights with init, or remove freeze"
  }

  private static func captioning(_ plan: RunPlan) -> String? {
    guard plan.isFromScratch, plan.terms.heads == [.caption] else { return nil }
    return "objective: only captions are trained, from scratch: for long they hardly depend on the "
      + "picture. Start from a contrastive or coca model with init, or train with objective: coca"
  }
}
