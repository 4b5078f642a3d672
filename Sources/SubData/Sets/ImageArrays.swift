public import SubCore

/// Pictures of one size that lie in an array u8 `[count, height, width, 3]`, or grey without the last axis or with one
/// of length 1, with a label each.
public struct ImageArrays: ImageSource {
  public let classNames: [String]
  public let labels: [Int]
  public let remarks: [String]
  private let picture: @Sendable (_ index: Int) throws -> HostArray
  private let height, width: Int
  private let place: String

  public var count: Int { labels.count }

  /// Pictures u8 `[N, height, width, 3]` (grey: `[N, height, width]`) and labels of any integer type `[N]` or `[N, 1]`,
  /// as `.npy` and `.npz` files hold them; `place` and `labelPlace` (nil: the same) name them in errors. Without `classNames`
  /// the classes are called by their numbers.
  ///
  /// Throws `InputError` for other shapes or types and for labels out of range.
  public init(
    images: HostArray, labels: HostArray, classNames: [String]? = nil, place: String, labelPlace: String? = nil
  )
    throws
  {
    let size = images.shape.isEmpty ? 0 : images.byteCount / max(1, images.shape[0])
    try self.init(
      TensorInfo(dtype: images.dtype, shape: images.shape), labels: labels, classNames: classNames, place: place,
      labelPlace: labelPlace
    ) { index in
      HostArray(dtype: .u8, shape: [size], buffer: images.buffer, byteOffset: images.byteOffset + index * size)
    }
  }

  /// Pictures of a `.npy` file, which are read as they are asked for.
  public init(npy path: String, labels: HostArray, classNames: [String]? = nil, labelPlace: String? = nil) throws {
    let (file, header) = try Npy.open(path)
    let info = TensorInfo(dtype: header.dtype, shape: header.shape)
    guard !header.isFortran, info.dtype == .u8 else {
      try self.init(
        images: Npy.read(path), labels: labels, classNames: classNames, place: path, labelPlace: labelPlace)
      return
    }
    let size = info.shape.isEmpty ? 0 : info.byteCount / max(1, info.shape[0])
    try self.init(info, labels: labels, classNames: classNames, place: path, labelPlace: labelPlace) { index in
      let start = header.byteCount + index * size
      return try file.array(start..<(start + size))
    }
  }

  private init(
    _ images: TensorInfo, labels: HostArray, classNames: [String]?, place: String, labelPlace: String?,
    picture: @escaping @Sendable (_ index: Int) throws -> HostArray
  ) throws {
    let labelPlace = labelPlace ?? place
    let isGrey = images.shape.count == 3 || images.shape.count == 4 && images.shape[3] == 1
    guard images.dtype == .u8, isGrey || images.shape.count == 4 && images.shape[3] == 3,
      images.shape.allSatisfy({ $0 > 0 })
    else {
      throw InputError(
        "the images are \(images.dtype) \(images.shape)", at: place, cure: "store them as u8 [count, height, width, 3]")
    }
    guard !labels.dtype.isFloating, labels.shape == [images.shape[0]] || labels.shape == [images.shape[0], 1] else {
      throw InputError(
        "the labels are \(labels.dtype) \(labels.shape)", at: labelPlace,
        cure: "store \(images.shape[0]) integers, one per image")
    }
    let numbers = labels.integers()
    let largest = max(0, numbers.max() ?? 0)
    if classNames == nil { try ClaimedClasses.check(largest, pictures: numbers.count, at: labelPlace) }
    let classes = classNames?.count ?? largest + 1
    guard let bad = numbers.firstIndex(where: { !(0..<classes).contains($0) }) else {
      self.picture = picture
      (height, width) = (images.shape[1], images.shape[2])
      self.labels = numbers
      let least = numbers.min() ?? 0
      remarks =
        classNames == nil && least > 0
        ? ["labels begin at \(least): the classes below it have no picture (\(labelPlace))"] : []
      self.classNames = classNames ?? (0..<classes).map(String.init)
      self.place = place
      return
    }
    let label = labels.dtype == .u64 ? "\(UInt64(bitPattern: Int64(numbers[bad])))" : "\(numbers[bad])"
    throw InputError(
      "label \(label) of image \(bad) is not in 0..<\(classes)", at: labelPlace, cure: "number classes from 0")
  }

  public func name(of index: Int) -> String { "\(place), image \(index)" }

  public func image(at index: Int) throws -> SourceImage {
    let picture = try picture(index)
    return .pixels(
      RGBImage(width: width, height: height) { target in
        picture.withBytes { bytes in
          guard bytes.count == height * width * 3 else {
            for place in 0..<3 * bytes.count { target[place] = bytes[place / 3] }
            return
          }
          UnsafeMutableRawPointer(target).copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
        }
      })
  }
}
