import ArgumentParser
import Records

@main
struct CocaShard: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coca-shard",
    abstract: "Makes, checks and shows datasets: folders of .tar.zst shards with an index.json.",
    version: programVersion,
    subcommands: [
      Pack.self, TokenizerCommand.self, Inspect.self, Verify.self, Stats.self, Index.self,
      List.self, Extract.self,
    ])

  static func main() {
    FileSizeSignal.ignore()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      Failure.exit(error)
    }
  }
}
