import CoCaModel
import RunFile

extension RunConfiguration {
  /// All keys of a run file with what is said of them.
  public static let book = KeyBook(Self.self, foreign: openClipFlags, apart: ["model"])

  public static let keys = dataKeys + lengthKeys + updateKeys + computeKeys + outputKeys

  private static let dataKeys: [Key<Self>] = [
    Key("model", \.model, .model, default: "required unless `init` brings it", """
      \(ModelConfiguration.presetNames.map { "`\($0)`" }.joined(separator: ", ")); a YAML or JSON \
      file of the model's own keys; a checkpoint or a folder of open_clip's; or the model's own \
      keys (\(ModelConfiguration.keys.map { "`\($0.name)`" }.joined(separator: ", "))), on top of \
      a preset where `preset: NAME` is among them, else on top of the model that `init` brings
      """),
    Key("init", \.initial, .orNull(.path), """
      checkpoint, or [open_clip's folder](openclip.md), to start the weights from, without the \
      optimizer's state; where the image size or the text's context is another, positions are \
      resized
      """),
    Key("tokenizer", \.tokenizer, .orNull(.path),
      default: "required unless `init` brings it or all text is tokens", """
      SentencePiece model, or CLIP's vocabulary for open_clip's ids: see \
      [texts and pictures](inputs.md#tokenizers)
      """),
    Key("data", \.data, .list(), required: true, "sources of pairs; each entry has these keys"),
    Key("data_cache", \.dataCache, .orNull(.section), free: true, """
      copies of shards on each machine, for `records` on a network; see \
      [records](records.md#shards-on-slow-storage)
      """),
    Key("bad_samples", \.badSamples, .section, """
      what happens to a frame or picture that cannot be read
      """),
  ]

  private static let lengthKeys: [Key<Self>] = [
    Key("batch", \.batch, .whole(1...Int(Int32.max)), required: true, """
      pairs per step over all ranks
      """),
    Key("lanes", \.lanes, .whole(1...1_000_000), default: "the smaller of 240 and `batch`",
      follows: "batch", """
      lines the data order is cut into; the largest number of ranks; with `reproducible` a power \
      of two, by default the largest up to 64 and `batch`
      """),
    Key("microbatch", \.microbatch, .orNull(.whole(1...Int(Int32.max))), free: true, """
      pairs per forward pass on a rank; null: the rank's whole share; \
      [what it costs](benchmarks.md#large-batches-on-few-ranks)
      """),
    Key("steps", \.length.steps, .orAbsent(.whole(1...(1 << 53))),
      default: "one of the three is required", alternatives: Length.names, "updates"),
    Key("epochs", \.length.epochs, .orAbsent(.number(above: 0, upTo: 1e9)), default: "",
      alternatives: Length.names, "as many steps as the slowest source needs"),
    Key("samples", \.length.samples, .orAbsent(.whole(1...(1 << 53))), default: "",
      alternatives: Length.names, "pairs in all; 13e9 may be written"),
  ]

  private static let updateKeys: [Key<Self>] = [
    Key("objective", \.objective, .objective, """
      what is minimised. \(ObjectiveName.allCases.map { "`\($0.rawValue)`: \($0.meaning)" }
        .joined(separator: "; ")). Parts of the model that no loss reads are not built: they are \
      not in memory, not sent and not updated
      """),
    Key("loss", \.loss, .section, """
      weights of the objective's losses; 0 takes a loss out
      """),
    Key("optimizer", \.optimizer, .section, "`p -= lr · (u + weight_decay · p)`"),
    Key("schedule", \.schedule, .section, "the learning rate's course"),
    Key("augment", \.augment, .orNull(.section), """
      what is random about a picture; null: nothing
      """),
  ]

  private static let computeKeys: [Key<Self>] = [
    Key("precision", \.precision, .choice, """
      what the factors of the model's products are rounded to; sums, weights, the contrastive \
      loss and all else are float32. `bfloat16` needs processors with AVX512-BF16
      """),
    Key("recompute", \.recompute, .choice, free: true, """
      `blocks` keeps only the inputs of layers and runs them again in the backward pass: a third \
      more work, far less memory, the same bits
      """),
    Key("contrastive_exchange", \.contrastiveExchange, .choice, """
      how ranks see each other's embeddings. `gather`: every rank holds all of them, 8 · `batch` \
      · `joint` bytes. `ring`: a rank holds its own and two others', which travel twice as far; \
      the same up to rounding
      """),
    Key("shard_optimizer", \.shardOptimizer, .flag, free: true, """
      true: each rank updates a part of every tensor's rows and keeps the optimizer's state of \
      those only; the same bits, a P-th of the state; see [how ranks share the \
      update](architecture.md#the-update)
      """),
    Key("gradient_dtype", \.gradientType, .choice, """
      how gradients travel between ranks: `bfloat16` halves the bytes and rounds the gradients \
      ([what that does](numerics.md#gradients-in-bfloat16)); sums are float32
      """),
    Key("overlap", \.overlap, .choice, free: true, """
      when gradients travel; never changes a bit. `off`: after the backward pass; `buckets`: \
      during it, moved between its operations; `thread`: during it, moved by a thread of their \
      own, which pays where there is a network to wait for; `auto`: with several ranks, the first \
      steps try all three in turn, and the fastest stays; `off` unless another saves more than 3%
      """),
    Key("reproducible", \.reproducible, .flag, """
      true: the same bits for every number of ranks that is a power of two ([how, and what it \
      asks](numerics.md#the-same-bits-for-every-number-of-ranks)); goes with lanes that are a \
      power of two, without `microbatch` and with gradients in float32; one thread a rank unless \
      `--threads` says more
      """),
    Key("nonfinite", \.nonfinite, .choice, """
      what happens to a step whose loss or gradient is not finite; with `skip` a hundred in a row \
      end the run
      """),
    // Half of it has to outlast a slow disk, and a network file system's view of heartbeats.
    Key("deadline", \.deadline, .number(10...1e9), free: true, """
      seconds after which a job that has lost a rank is over: a rank without a sign of life for \
      half of them is named and the job is ended; a living process has ten times as many for the \
      first step and while a checkpoint is written
      """),
  ]

  private static let outputKeys: [Key<Self>] = [
    Key("checkpoint", \.checkpoint, .section, free: true, "see [checkpoints](checkpoints.md)"),
    Key("validation", \.validation, .section, free: true, "see [evaluation](evaluation.md)"),
    Key("log", \.log, .section, free: true, "what is told of each step"),
    Key("seed", \.seed, .seed, "decides weights, order and every random draw"),
  ]
}

extension Kind where Value == UInt64 {
  fileprivate static var seed: Kind {
    let whole = Kind<Int>.whole(0...Int.max)
    return Kind(
      "a whole number from 0 to \(Int.max)", type: "whole number up to 2^63 − 1",
      read: { reading throws(ConfigurationError) in UInt64(try whole.read(reading)) },
      write: { .integer(Int($0)) })
  }
}
