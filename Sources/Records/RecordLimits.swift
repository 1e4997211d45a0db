/// What a record file may hold at most; the writer keeps to it, the reader believes no more.
public enum RecordLimits {
  /// Decompressed bytes of one frame; the most a read allocates for what a file says of itself.
  public static let frameBytes = 1 << 30
  /// The largest `frameBytes` a writer aims at: with one sample more a frame still fits.
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
