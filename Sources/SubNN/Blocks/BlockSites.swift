/// The random sites of a block: the number of each one's stream in the block's key. A site that is nil does not exist.
public struct BlockSites: Sendable {
  /// The sites of what is added to the residual stream.
  public struct Branch: Sendable {
    /// Of its dropout, and of its stochastic depth.
    public var dropout, path: Int

    /// The numbers of two streams.
    public init(dropout: Int, path: Int) { (self.dropout, self.path) = (dropout, path) }
  }

  /// Dropout of attention's probabilities.
  public var probabilities: Int?
  /// Behind attention's projection.
  public var attention: Branch
  /// Dropout behind the MLP's activation.
  public var hidden: Int?
  /// Behind the MLP's second layer.
  public var mlp: Branch

  /// Sites by their numbers.
  public init(probabilities: Int? = nil, attention: Branch, hidden: Int? = nil, mlp: Branch) {
    (self.probabilities, self.attention, self.hidden, self.mlp) = (probabilities, attention, hidden, mlp)
  }
}
