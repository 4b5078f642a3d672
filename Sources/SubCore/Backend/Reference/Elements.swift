/// Elements of an f32 or f64 tensor, read and written as `Double`: what keeps the reference obvious.
struct Elements {
  private let single: UnsafeMutablePointer<Float>?
  private let double: UnsafeMutablePointer<Double>?

  init(_ tensor: Tensor) {
    switch tensor.dtype {
    case .f32: (single, double) = (tensor.pointer(Float.self), nil)
    case .f64: (single, double) = (nil, tensor.pointer(Double.self))
    default: preconditionFailure("reference: \(tensor.dtype) is no number to compute with")
    }
  }

  private init(_ single: UnsafeMutablePointer<Float>?, _ double: UnsafeMutablePointer<Double>?) {
    self.single = single
    self.double = double
  }

  subscript(index: Int) -> Double {
    get { single.map { Double($0[index]) } ?? double![index] }
    nonmutating set {
      if let single { single[index] = Float(newValue) } else { double![index] = newValue }
    }
  }

  /// The elements from `start` on.
  func from(_ start: Int) -> Elements { Elements(single.map { $0 + start }, double.map { $0 + start }) }
}

/// Elements of a matrix.
struct Entries {
  private let elements: Elements
  private let stride: Int

  init(_ matrix: Matrix) {
    elements = Elements(matrix.tensor).from(matrix.start)
    stride = matrix.stride
  }

  subscript(row: Int, column: Int) -> Double {
    get { elements[row * stride + column] }
    nonmutating set { elements[row * stride + column] = newValue }
  }
}

extension Tensor {
  /// i32 elements as `Int`.
  var indexList: [Int] {
    precondition(dtype == .i32, "reference: \(dtype) used as indices")
    let memory = pointer(Int32.self)
    return (0..<count).map { Int(memory[$0]) }
  }

  /// u8 elements.
  var flagList: [UInt8] {
    precondition(dtype == .u8, "reference: \(dtype) used as flags")
    let memory = pointer(UInt8.self)
    return (0..<count).map { memory[$0] }
  }
}
