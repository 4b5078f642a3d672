import Foundation
public import SubData

/// How captions are found in their sources.
public struct CaptionOptions: Sendable, Codable, Equatable {
  /// The member or file ending that holds the caption.
  public var textEnding: String
  /// Where set, captions come from these fields of the `json` member or file instead, the first that is a non-empty
  /// string.
  public var jsonFields: [String]
  /// The endings of images; the first that is present is used.
  public var imageEndings: [String]
  /// A table's column of image paths.
  public var imageColumn: String
  /// A table's column of captions.
  public var captionColumn: String
  /// A table's separator, one character; nil: the tab where the header has one, else the comma.
  public var separator: String?
  /// How often each of several sources is drawn, relative to its size; only for resampling.
  public var weights: [Double]
  /// What may be skipped.
  public var faults: CaptionFaults.Limit

  /// Options; the defaults are open_clip's, with every ending of a picture.
  public init(
    textEnding: String = "txt", jsonFields: [String] = [], imageEndings: [String] = ImageFormat.endings,
    imageColumn: String = "filepath", captionColumn: String = "title", separator: String? = nil, weights: [Double] = [],
    faults: CaptionFaults.Limit = CaptionFaults.Limit()
  ) {
    self.textEnding = textEnding
    self.jsonFields = jsonFields
    self.imageEndings = imageEndings
    self.imageColumn = imageColumn
    self.captionColumn = captionColumn
    self.separator = separator
    self.weights = weights
    self.faults = faults
  }
}

extension CaptionOptions {
  /// The options as a run's configuration holds them.
  public var json: JSON {
    guard let json = try? JSON(encoding: self, keys: .convertToSnakeCase) else {
      preconditionFailure("CaptionOptions: they are always JSON")
    }
    return json
  }
}
