extension Tensor {
  /// The rows of all ranks, one behind the other in their order: [n, …] → [count · n, …]. On the way back every rank gets
  /// the sum, over all ranks' losses, of the gradient of its own rows. All ranks make both trips.
  public func gathered(over ranks: any Communicator) -> Tensor {
    guard !ranks.isAlone else { return self }
    return Tape.record("gathered", [self], output: ranks.gather(self)) { vjp in
      vjp.give(0, ranks.reduceScatter(vjp.take()))
    }
  }
}
