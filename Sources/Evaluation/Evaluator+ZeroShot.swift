import CoCaModel
import Collectives
import Records
import Tensors
import Text

extension Evaluator {
  /// Classifies pictures by the names of their classes (CLIP, arXiv 2103.00020, §3.1).
  ///
  /// A class is the mean of the embeddings of its names in every prompt, scaled to length 1.
  /// - Parameters:
  ///   - records: the true class is in `KEY.cls`; a sample without one is left out.
  ///   - limit: take only so many samples, from the first on.
  /// - Throws: `EvaluationError` for a class without a name; errors of records, texts and ranks.
  public func zeroShot(
    records: [RecordSet], classes: ClassNames, prompts: Prompts, limit: Int? = nil
  ) throws -> ZeroShotScores {
    let embeddings = try classEmbeddings(classes, prompts)
    var truths: [Int] = [], places: [Int] = []
    let source = pictures(records, limit)
    try forEachBatch(of: source) { pictures, leftOut in
      var rows: [Int] = [], answers: [Int] = []
      for (row, annotation) in pictures.annotations.enumerated() {
        let place = "\(source.name), \(pictures.keys[row])"
        guard let truth = annotation.classIndex else {
          leftOut.add("\(place): no class")
          continue
        }
        guard truth < classes.count else {
          throw EvaluationError(place, .classOutOfRange(found: truth, classes: classes.count))
        }
        rows.append(row)
        answers.append(truth)
      }
      places += Ranking.places(
        of: model.imageEmbeddings(pictures.images.selecting(rows)), among: embeddings,
        right: answers.map { $0..<$0 + 1 }
      ).map(\.last)
      truths += answers
    }
    return try ZeroShotScores(
      truths: truths, places: places, classes: classes.count, over: ranks)
  }

  /// `[classes, joint]`, rows of length 1. Collective.
  func classEmbeddings(_ classes: ClassNames, _ prompts: Prompts) throws -> Tensor {
    let tokenizer = try together(ranks) { try saved.requireTokenizer() }
    let blocks = classBlocks(classes, prompts)
    let mine = ranks.share(of: blocks.count)
    let rows = try together(ranks) {
      try mine.map { index in
        try notify(.progress(done: index - mine.lowerBound, of: mine.count))
        return try embed(blocks[index], of: classes, prompts, tokenizer)
      }
    }
    return try ranks.gatherRows(rows, width: model.configuration.joint)
  }

  /// Ranges of consecutive classes whose texts make about one batch.
  private func classBlocks(_ classes: ClassNames, _ prompts: Prompts) -> [Range<Int>] {
    var blocks: [Range<Int>] = []
    var first = 0, texts = 0
    for (index, names) in classes.names.enumerated() {
      texts += names.count * prompts.templates.count
      if texts >= batch || index == classes.count - 1 {
        blocks.append(first..<index + 1)
        (first, texts) = (index + 1, 0)
      }
    }
    return blocks
  }

  private func embed(
    _ block: Range<Int>, of classes: ClassNames, _ prompts: Prompts, _ tokenizer: any Tokenizer
  ) throws -> Tensor {
    let context = model.configuration.text.context
    var texts: [[Int32]] = [], owners: [Int] = []
    for index in block {
      for name in classes.names[index] {
        for template in prompts.templates.indices {
          let text = prompts.fill(template: template, name: name)
          texts.append(try tokenizer.caption(text, context: context))
          owners.append(index - block.lowerBound)
        }
      }
    }
    let width = model.configuration.joint
    let sums = Tensor.zeros([block.count, width])
    for part in embed(texts) {
      for row in 0..<part.embeddings.rows {
        let owner = owners[part.first + row]
        kernels.accumulate(
          part.embeddings.pointer + row * width, sums.pointer + owner * width, width)
      }
    }
    let means = Tensor(sums.shape), norms = Tensor([block.count])
    kernels.l2_normalize(sums.pointer, means.pointer, norms.pointer, block.count, width)
    return means
  }
}
