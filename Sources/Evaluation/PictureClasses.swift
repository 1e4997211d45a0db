import Foundation

/// The classes that are nearest to a picture.
public struct PictureClasses: Codable, Sendable, Equatable {
  /// How many classes are told.
  static let most = 5

  public struct Answer: Codable, Sendable, Equatable {
    /// Its line in the file of classes, counted from 0.
    public var `class`: Int
    /// The first of its names.
    public var name: String
    /// The cosine of the angle between picture and class.
    public var similarity: Float
    /// By the softmax over all classes, with the temperature that the model has learned.
    public var probability: Double
  }

  /// The file as it was named.
  public var key: String
  /// The nearest first.
  public var answers: [Answer]

  /// - Parameter similarities: of the picture to each class.
  init(key: String, similarities: [Float], scale: Float, _ classes: ClassNames) {
    self.key = key
    let nearest = similarities.indices.sorted { similarities[$0] > similarities[$1] }
    let best = nearest.first.map { similarities[$0] } ?? 0
    let weights = similarities.map { exp(Double(scale) * Double($0 - best)) }
    let sum = weights.reduce(0, +)
    answers = nearest.prefix(Self.most).map {
      Answer(
        class: $0, name: classes.names[$0][0], similarity: similarities[$0],
        probability: weights[$0] / sum)
    }
  }
}

/// The nearest classes of each picture of some files.
public struct PictureAnswers: TaskResult {
  public let lines: [PictureClasses]

  public init(lines: [PictureClasses]) { self.lines = lines }

  public func encode(to encoder: any Encoder) throws { try lines.encode(to: encoder) }

  public var figures: [Figure] { [] }
  public var summary: String {
    "\(lines.count) pictures, first: \(lines.first?.answers.first?.name ?? "")"
  }
  public var text: String {
    lines.map { line in
      let answers = line.answers.map { "\($0.name) \($0.probability.percent)" }
      return "\(line.key)\t\(answers.joined(separator: ", "))\n"
    }.joined()
  }
  public var objects: [any Encodable] { lines }
}
