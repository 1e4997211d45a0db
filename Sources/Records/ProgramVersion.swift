/// The release; it is in checkpoints and headers, and all programs print it for `--version`.
public let programVersion = "0.1.0"
