/// Elements of an f32, f64 or bf16 tensor, read and written as `Double`: what keeps the reference obvious.
enum Elements {
  case single(UnsafeMutablePointer<Float>)
  case double(UnsafeMutablePointer<Double>)
  case brain(UnsafeMutablePointer<UInt16>)

  init(_ tensor: Tensor) {
    switch tensor.dtype {
    case .f32: self = .single(tensor.pointer(Float.self))
    case .f64: self = .double(tensor.pointer(Double.self))
    case .bf16: self = .brain(tensor.pointer(UInt16.self))
    default: preconditionFailure("reference: \(tensor.dtype) is no number to compute with")
    }
  }

  subscript(index: Int) -> Double {
    get {
      switch self {
      case .single(let memory): Double(memory[index])
      case .double(let memory): memory[index]
      case .brain(let memory): Double(Float(brainBits: memory[index]))
      }
    }
    nonmutating set {
      switch self {
      case .single(let memory): memory[index] = Float(newValue)
      case .double(let memory): memory[index] = newValue
      case .brain(let memory): memory[index] = Float(newValue).brainBits
      }
    }
  }

  /// The elements from `start` on.
  func from(_ start: Int) -> Elements {
    switch self {
    case .single(let memory): .single(memory + start)
    case .double(let memory): .double(memory + start)
    case .brain(let memory): .brain(memory + start)
    }
  }
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
