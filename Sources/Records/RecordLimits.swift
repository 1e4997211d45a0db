/// The most that a record file may hold. The writer respects it, and the reader accepts no more.
public enum RecordLimits {
  /// Decompressed bytes of one frame; a reader never allocates more because a file asks for it.
  public static let frameBytes = 1 << 30
  /// The largest `frameBytes` of a writer: such a frame has room for one more sample.
  public static let targetFrameBytes = 1 << 28
  /// Bytes of one sample as tar members, headers and padding counted.
  public static let sampleBytes = 1 << 29
  /// Frames in one shard, the end frame counted.
  public static let framesPerShard = 1 << 20
  /// UTF-8 bytes of a key.
  public static let keyBytes = 1024
  /// Bytes of a member's suffix.
  public static let suffixBytes = 64
  /// Bytes of one `KEY.txt`.
  public static let textBytes = 1 << 20
  /// Bytes of one `KEY.json`.
  public static let jsonBytes = 1 << 24
  /// Bytes of an `index.json` (about 100 per shard).
  public static let indexBytes = 1 << 28
}
