/// The release: in checkpoints and headers, and what all programs answer to `--version`.
public let programVersion = "0.1.0"
