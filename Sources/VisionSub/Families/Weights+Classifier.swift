import SubTrain

extension Weights {
  /// The classes of the linear classifier `head`, which reads so many features; nil where a file has none. Throws an
  /// `InputError` for one that reads others, or has no bias.
  func classes(of head: String, reading features: Int, cure: String) throws -> Int? {
    guard let shape = try self.shape(of: "\(head).weight") else { return nil }
    guard shape.count == 2, shape[1] == features, try self.shape(of: "\(head).bias") == [shape[0]] else {
      throw failure("a head of shape \(shape) does not read \(features) features", "\(head).weight", cure: cure)
    }
    return shape[0]
  }
}
