import ArgumentParser
import Foundation
import Packing
import Records
import Text

struct TokenizerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenizer",
    abstract: "Trains a SentencePiece tokenizer on the texts of datasets.",
    discussion: """
      EXAMPLE
        coca-shard tokenizer data/stamps data/emoji --to tokenizer.model \\
          --text all --vocabulary 8000

      The model is SentencePiece's unigram with byte fallback, so any text can be spelt. Ids: \
      padding 0, unknown 1, start 2, end 3. If the texts do not have enough pieces, the vocabulary \
      is smaller, and a message says so. If there are more texts than --limit, a sample is taken: \
      shards and frames drawn by --seed. All texts that are taken are held in memory. The same \
      datasets and options give the same bytes. An existing file is replaced, at the very end.

      The ids of open_clip's models need no training: give CLIP's bpe_simple_vocab_16e6.txt.gz as \
      `tokenizer` in the run file.
      """)

  @Argument(help: "Folders of datasets.", completion: .directory)
  var directories: [String]

  @Option(help: "The model's file.")
  var to: String

  @Option(help: "Pieces to aim for; 260 of them are special ones and bytes.")
  var vocabulary = 64_000

  @Option(help: "caption: every caption; labels: a sample's labels, joined; all: both.")
  var text: RecordTexts.Kind = .caption

  @Option(help: "The most texts to train on.")
  var limit = 10_000_000

  @Option(help: "The seed that draws the sample of texts.")
  var seed: UInt64 = 0

  func validate() throws {
    try refuseEmpty(to, "--to")
    if limit < 1 { throw ValidationError("--limit: \(limit) is not above 0.") }
  }

  func run() throws {
    let file = URL(fileURLWithPath: to)
    try AtomicFile.prepare(file)
    let sets = try directories.map { try RecordSet(directory: URL(fileURLWithPath: $0)) }
    var texts = RecordTexts(sets: sets, kind: text, limit: limit, seed: seed)
    var reported = 0
    let result = try TokenizerTraining(vocabulary: vocabulary).train {
      let text = texts.next()
      while reported < texts.skipped.count {
        tell("skipped: \(texts.skipped[reported])")
        reported += 1
      }
      return text
    }
    try AtomicFile.write(result.tokenizer.model, to: file)
    let size = result.tokenizer.vocabularySize
    if size < vocabulary {
      tell("the texts hold \(size) pieces, fewer than the \(vocabulary) asked for")
    }
    if texts.isCut { tell("a sample of \(limit) texts was taken; --limit sets how many") }
    var output = Output()
    try output.line(
      "\(to): \(size) pieces, learned from \(result.texts) texts of \(result.bytes.byteText)")
    try output.flush()
  }

  private func tell(_ line: String) { Failure.tell(line) }
}

extension RecordTexts.Kind: ExpressibleByArgument {}
