import SubCore
public import SubData

extension NamedTensors {
  /// Throws where a description beside the weights claims a far larger model than they can fill: a model is never made
  /// larger than its file. What differs in detail, loading reports tensor by tensor.
  public func checkFilling(_ claimed: Double, claimedAt place: String) throws {
    var held = 0.0
    for name in names { held += try Double(info(named: name).count) }
    // A new head is always allowed.
    guard claimed > 2 * held + 1e6 else { return }
    throw InputError(
      "the configuration is that of a model of \((claimed / 1e6).fixed(0)) million weights, the file holds "
        + "\((held / 1e6).fixed(0)) million", at: place,
      cure: "give the configuration that belongs to the weights")
  }
}
