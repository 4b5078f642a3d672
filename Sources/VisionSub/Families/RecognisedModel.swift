/// A model that was recognised in a weight file.
public struct RecognisedModel {
  /// What it is.
  public var configuration: any VisionConfiguration
  /// What neither names nor shapes nor files beside them tell: fields that are guessed, and how.
  public var guesses: Set<String>
  /// The guesses that there are: how large images are, into how many heads a width is cut, which GELU, what a head reads.
  public static let imageSize = "image size", heads = "heads", activation = "activation", readout = "readout"
  /// The options that settle them.
  static let options = [
    imageSize: "--image-size", heads: "--heads", activation: "--activation", readout: "--readout",
  ]

  /// A model and what was guessed of it.
  public init(_ configuration: any VisionConfiguration, guesses: Set<String> = []) {
    (self.configuration, self.guesses) = (configuration, guesses)
  }
}
