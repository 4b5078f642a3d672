/// Some of a source's pictures, in their order there.
public struct ImageSubset: ImageSource {
  private let source: any ImageSource
  private let places: [Int]
  public let labels: [Int]
  public let remarks: [String]

  public var classNames: [String] { source.classNames }
  public var count: Int { places.count }

  /// Those at some places.
  public init(_ source: any ImageSource, _ places: [Int], remarks: [String]? = nil) {
    (self.source, self.places) = (source, places)
    let all = source.labels
    labels = places.map { all[$0] }
    self.remarks = remarks ?? source.remarks
  }

  public func name(of index: Int) -> String { source.name(of: places[index]) }
  public func image(at index: Int) throws -> SourceImage { try source.image(at: places[index]) }
}
