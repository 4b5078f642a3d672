public import SubCore

/// What a user says of weights that do not tell it themselves. Each field settles what else would be guessed.
public struct WeightHints: Sendable, Equatable {
  /// Which of several weights are meant: a key of a PyTorch file, or a run's `model` or `ema`.
  public var key: String?
  /// Attention heads of a layer; of a CLIP's image tower.
  public var heads: Int?
  /// Attention heads of a layer of a CLIP's text tower.
  public var textHeads: Int?
  /// Between an MLP's two layers.
  public var activation: Activation?
  /// The side of the images, in pixels.
  public var imageSize: Int?
  /// What a head reads, by the name that recipes give it.
  public var readout: String?
  /// The name of a network in timm that computes the same, whatever a file beside the weights calls it.
  public var architecture: String?

  /// Nothing said unless given.
  public init(
    key: String? = nil, heads: Int? = nil, textHeads: Int? = nil, activation: Activation? = nil,
    imageSize: Int? = nil, readout: String? = nil, architecture: String? = nil
  ) {
    (self.key, self.heads, self.textHeads, self.activation) = (key, heads, textHeads, activation)
    (self.imageSize, self.readout, self.architecture) = (imageSize, readout, architecture)
  }

  /// Throws where a width cannot be cut into the heads that were said at `place`, an option unless `isUsage` is false.
  public static func checkHeads(
    _ heads: Int, of width: Int, at place: String, cure: String = "give a number of heads that does",
    isUsage: Bool = true
  ) throws(InputError) {
    guard heads > 0, width % heads == 0 else {
      throw InputError(
        "\(heads) heads do not divide a width of \(width)", at: place, cure: cure, isUsage: isUsage)
    }
  }

  /// A line that names what was guessed with the options that settle it; nil where nothing was.
  public static func line(guessed: [(what: String, option: String)]) -> String? {
    guessed.isEmpty
      ? nil
      : "guessed, since no file beside the weights says it: "
        + guessed.map { "\($0.what) (\($0.option))" }.joined(separator: ", ")
  }
}
