import CoCaModel
import RunFile

extension RunConfiguration {
  /// All keys of a run file with their meanings.
  public static let book = KeyBook(Self.self, foreign: openClipFlags, apart: ["model"])

  public static let keys = dataKeys + lengthKeys + updateKeys + computeKeys + outputKeys

  private static let dataKeys: [Key<Self>] = [
    Key("model", \.model, .model, default: "required unless `init` has it", """
      \(ModelConfiguration.presetNames.map { "`\($0)`" }.joined(separator: ", ")); a YAML or JSON \
      file of the model's own keys; a checkpoint or a folder of open_clip's; or the model's own \
      keys (\(ModelConfiguration.keys.map { "`\($0.name)`" }.joined(separator: ", "))), which \
      change the preset given by `preset: NAME` among them, or else the model of `init`
      """),
    Key("init", \.initial, .orNull(.path), """
      checkpoint, or [open_clip's folder](openclip.md), to start the weights from, without the \
      optimizer's state; where the image size or the text's context differs, the position \
      embeddings are resized
      """),
    Key("tokenizer", \.tokenizer, .orNull(.path),
      default: "required unless `init` has it or all text is tokens", """
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
      how many parts the data order is cut into, and so the largest number of ranks; with \
      `reproducible` a power of two, by default the largest up to 64 and `batch`
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
        .joined(separator: "; ")). Parts of the model that no loss reads are not built: they take \
        no memory, and are neither sent nor updated
      """),
    Key("loss", \.loss, .section, """
      weights of the objective's losses; a weight of 0 leaves that loss out
      """),
    Key("freeze", \.freeze, .texts, """
      prefixes of [tensor names](checkpoints.md#tensor-names) that keep their values; \
      `[imageEncoder]` locks the image encoder, as LiT does; see \
      [frozen weights](objectives.md#frozen-weights)
      """),
    Key("optimizer", \.optimizer, .section, "`p -= lr · (u + weight_decay · p)`"),
    Key("schedule", \.schedule, .section, "how the learning rate changes over the run"),
    Key("augment", \.augment, .orNull(.section), """
      the random changes of a picture; null: none
      """),
  ]

  private static let computeKeys: [Key<Self>] = [
    Key("precision", \.precision, .choice, """
      what the factors of the model's matrix products are rounded to; sums, weights, the \
      contrastive loss and everything else are float32. `bfloat16` needs processors with AVX2
      """),
    Key("recompute", \.recompute, .choice, free: true, """
      `blocks` keeps only the inputs of the layers and computes the layers again in the backward \
      pass: a third more work, far less memory, the same bits
      """),
    Key("contrastive_exchange", \.contrastiveExchange, .choice, """
      how ranks get each other's embeddings. `gather`: every rank holds all of them, 8 · `batch` · \
      `joint` bytes. `ring`: a rank holds its own block and two others, and twice as many bytes \
      are sent; the results are the same up to rounding
      """),
    Key("shard_optimizer", \.shardOptimizer, .flag, free: true, """
      true: each rank updates a part of the rows of every tensor, and keeps the optimizer's state \
      of those rows only; the same bits, with P ranks a P-th of the state; see [how ranks share \
      the update](architecture.md#the-update)
      """),
    Key("gradient_dtype", \.gradientType, .choice, """
      how gradients are sent between ranks: `bfloat16` halves the bytes and rounds the gradients \
      ([what that does](numerics.md#gradients-in-bfloat16)); they are added up in float32
      """),
    Key("overlap", \.overlap, .choice, free: true, """
      when gradients are sent; never changes a bit. `off`: after the backward pass; `buckets`: \
      during it, between its operations; `thread`: during it, by a thread that does nothing else, \
      which pays where the network is slow; `auto`: with several ranks, the first steps try all \
      three in turn, and the fastest stays; it is `off` unless another one saves more than 3%
      """),
    Key("reproducible", \.reproducible, .flag, """
      true: the same bits for every number of ranks that is a power of two ([how, and what it \
      needs](numerics.md#the-same-bits-for-every-number-of-ranks)); `lanes` must be a power of \
      two, `microbatch` null and `gradient_dtype` float32; one thread a rank unless `--threads` \
      gives more
      """),
    Key("nonfinite", \.nonfinite, .choice, """
      what happens to a step whose loss or gradient is not finite; with `skip` a hundred in a row \
      end the run
      """),
    // Half of it must be longer than a slow disk takes, and a network file system's cache.
    Key("deadline", \.deadline, .number(10...1e9), free: true, """
      seconds within which a job ends after it has lost a rank. A rank that shows no sign of life \
      for half as long is named as lost, and the job is ended; as long as its process is alive, \
      it has ten times as long for the first step and while a checkpoint is written
      """),
  ]

  private static let outputKeys: [Key<Self>] = [
    Key("checkpoint", \.checkpoint, .section, free: true, "see [checkpoints](checkpoints.md)"),
    Key("validation", \.validation, .section, free: true, "see [evaluation](evaluation.md)"),
    Key("log", \.log, .section, free: true, "what is logged of each step"),
    Key("seed", \.seed, .seed, "decides the first weights, the data order and every random draw"),
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
