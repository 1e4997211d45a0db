import ArgumentParser

/// Refuses an empty output path, which would mean the current folder.
func refuseEmpty(_ path: String?, _ option: String) throws {
  if path == "" { throw ValidationError("\(option) is empty. Name what is to be written.") }
}
