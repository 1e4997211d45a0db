import RunFile

/// Defaults that follow from several keys, and which keys must agree with each other.
extension RunConfiguration {
  public mutating func complete(
    _ run: Mapping, after others: [Self]
  ) throws(ConfigurationError) {
    try checkModel(run)
    try checkData(run)
    try checkLength(run)
    lanes = try lanes(run)
    try checkReproducible(run)
    try loss.complete(for: objective.preset, run)
  }

  private func checkModel(_ run: Mapping) throws(ConfigurationError) {
    guard model == nil, run["init"] == nil else { return }
    guard run["model"] == nil else { throw run.unexpected("model", Model.expected) }
    throw run.error("model", .missing)
  }

  private func checkData(_ run: Mapping) throws(ConfigurationError) {
    guard !data.isEmpty else { throw run.unexpected("data", "at least one source") }
    let weights = data.count { $0.weight != nil }
    guard weights == 0 || weights == data.count else {
      throw run.error("data", .conflict("some sources give a weight and some do not"))
    }
    guard tokenizer != nil || initial != nil || data.allSatisfy({ $0.text == .tokens }) else {
      throw run.error("tokenizer", .missing)
    }
  }

  private func checkLength(_ run: Mapping) throws(ConfigurationError) {
    let given = Length.names.filter { run[$0] != nil }
    guard given.count < 2 else {
      throw run.error(given[1], .conflict("\(given.joined(separator: " and ")) are both given"))
    }
    guard given.contains(where: run.isGiven) else {
      throw run.error(given.first ?? "steps", .missing)
    }
  }

  private func lanes(_ run: Mapping) throws(ConfigurationError) -> Int {
    guard run.isGiven("lanes") else {
      guard reproducible else { return min(240, batch) }
      return 1 << (Int.bitWidth - 1 - min(64, batch).leadingZeroBitCount)
    }
    guard !reproducible || lanes.nonzeroBitCount == 1 else {
      throw run.unexpected(
        "lanes", "a power of two with reproducible: true, best from 8 to 64")
    }
    return lanes
  }

  private func checkReproducible(_ run: Mapping) throws(ConfigurationError) {
    guard reproducible else { return }
    guard microbatch == nil else {
      throw run.unexpected("microbatch", "null with reproducible: true, which cuts by lanes")
    }
    guard gradientType == .float32 else {
      throw run.unexpected(
        "gradient_dtype", "float32 with reproducible: true: more ranks would round more often")
    }
  }
}
