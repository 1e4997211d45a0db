/// The release, which all programs answer to `--version`.
public let programVersion = "0.1.0"
