import CoCaModel
import Collectives
import Pipeline
import Records
import Tensors

extension Evaluator {
  /// Classifies pictures with the model's own classes. Of several classes of a picture, the one
  /// with the largest logit counts, as in training. Samples without a class are left out.
  ///
  /// - Parameter limit: take only so many samples, from the first on.
  /// - Throws: errors of records and ranks; `ModelError` for a model without the head.
  public func accuracy(records: [RecordSet], limit: Int? = nil) throws -> ZeroShotScores {
    guard let classes = model.configuration.classes else {
      throw ModelError(
        "the model", .missing("classification head"),
        remedy: "Use a model that was trained with objective: classification")
    }
    let finder = SampleClasses(classes), source = pictures(records, limit)
    var truths: [Int] = [], places: [Int] = []
    try forEachBatch(of: source) { pictures, leftOut in
      var rows: [Int] = [], answers: [[Int]] = []
      for (row, annotation) in pictures.annotations.enumerated() {
        do throws(BadSample.Reason) {
          answers.append(try finder.classes(of: annotation))
          rows.append(row)
        } catch {
          leftOut.add("\(source.name), \(pictures.keys[row]): \(error.text)")
        }
      }
      let logits = model.classLogits(pictures.images.selecting(rows))
      for (row, right) in answers.enumerated() {
        let scores = logits.rows(row..<row + 1).values
        let best = right.max { scores[$0] < scores[$1] } ?? right[0]
        truths.append(best)
        // Not above: a score that is not a number counts against the answer.
        places.append(
          scores.indices.count { !right.contains($0) && !(scores[$0] < scores[best]) })
      }
    }
    return try ZeroShotScores(
      truths: truths, places: places, classes: classes.count, over: ranks)
  }
}
