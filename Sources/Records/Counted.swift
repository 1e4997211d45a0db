extension Int {
  /// A number of things for people: `1 shard`, `2 shards`.
  /// - Parameter plural: where it is not the name with an `s`.
  public func counted(_ name: String, _ plural: String? = nil) -> String {
    "\(self) \(self == 1 ? name : plural ?? name + "s")"
  }
}
