public import SubCore

/// Pictures of one size that lie in memory as u8 `[count, height, width, 3]`, or grey without the last axis or with one
/// of length 1, with a label each.
public struct ImageArrays: ImageSource {
  public let classNames: [String]
  public let labels: [Int]
  private let images: HostArray
  private let place: String

  public var count: Int { labels.count }

  /// Pictures u8 `[N, height, width, 3]` (grey: `[N, height, width]`) and labels of any integer type `[N]` or `[N, 1]`,
  /// as `.npy` and `.npz` files hold them; `place` names them in errors. Without `classNames` the
  /// classes are called by their numbers.
  ///
  /// Throws `InputError` for other shapes or types and for labels out of range.
  public init(images: HostArray, labels: HostArray, classNames: [String]? = nil, place: String) throws {
    func wrong(_ what: String, _ cure: String) -> InputError { InputError(what, at: place, cure: cure) }
    let isGrey = images.shape.count == 3 || images.shape.count == 4 && images.shape[3] == 1
    guard images.dtype == .u8, isGrey || images.shape.count == 4 && images.shape[3] == 3,
      images.shape.allSatisfy({ $0 > 0 })
    else {
      throw wrong("the images are \(images.dtype) \(images.shape)", "store them as u8 [count, height, width, 3]")
    }
    guard !labels.dtype.isFloating, labels.shape == [images.shape[0]] || labels.shape == [images.shape[0], 1] else {
      throw wrong(
        "the labels are \(labels.dtype) \(labels.shape)", "store \(images.shape[0]) integers, one per image")
    }
    let numbers = labels.integers()
    let classes = classNames?.count ?? (numbers.max() ?? 0) + 1
    guard let bad = numbers.firstIndex(where: { !(0..<classes).contains($0) }) else {
      guard classes <= 1 << 20 else { throw wrong("label \(classes - 1) is no class", "number classes from 0") }
      self.images = images
      self.labels = numbers
      self.classNames = classNames ?? (0..<classes).map(String.init)
      self.place = place
      return
    }
    throw wrong("label \(numbers[bad]) of image \(bad) is not in 0..<\(classes)", "number classes from 0")
  }

  public func name(of index: Int) -> String { "\(place), image \(index)" }

  public func image(at index: Int) throws -> SourceImage {
    let (height, width) = (images.shape[1], images.shape[2])
    let size = images.count / count
    return .pixels(
      RGBImage(width: width, height: height) { target in
        images.withBytes { bytes in
          guard size == height * width * 3 else {
            for place in 0..<3 * size { target[place] = bytes[index * size + place / 3] }
            return
          }
          UnsafeMutableRawPointer(target).copyMemory(from: bytes.baseAddress! + index * size, byteCount: size)
        }
      })
  }
}
