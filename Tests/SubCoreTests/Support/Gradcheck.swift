import SubCore
import Testing

/// Numbers that look random and are none: no zero, no one, the same everywhere.
func wavy(_ count: Int, _ phase: Double = 0, scale: Double = 0.7) -> [Double] {
  (0..<count).map { scale * (Double(($0 * 7919 + 13) % 1009) / 1009 - 0.47 + 0.01 * phase) * (1 + 0.3 * phase) }
}

/// An operand of a shape, of such numbers.
func input(_ shape: Shape, _ phase: Double = 0, scale: Double = 0.7) -> (shape: Shape, values: [Double]) {
  (shape, wavy(shape.count, phase, scale: scale))
}

/// A leaf whose gradient can be read: a parameter in a set of its own.
struct Leaves {
  let parameters: [Parameter]
  let set: ParameterSet

  init(
    _ values: [(shape: Shape, values: [Double])], dtype: DType, precision: Precision = .fp32, on device: Device,
    tables: Set<Int> = []
  ) {
    parameters = values.enumerated().map { Parameter($0.element.shape, .zeros, isTable: tables.contains($0.offset)) }
    set = ParameterSet(
      parameters.enumerated().map { ("p\($0.offset)", $0.element) }, dtype: dtype, precision: precision, on: device,
      key: RandomKey(seed: 1))
    for (parameter, value) in zip(parameters, values) {
      parameter.value.write(HostArray(value.values, shape: value.shape.dimensions, dtype: .f64))
    }
  }

  var tensors: [Tensor] { parameters.map(\.tensor) }
}

/// A function of several tensors to one tensor of any shape; what it needs besides is made on the device it is given.
typealias Operation = (_ inputs: [Tensor], _ device: Device) -> Tensor

/// Σ wavy · y, so that every output element counts differently.
func weigh(_ y: Tensor) -> Tensor {
  let weights = Tensor(wavy(y.count, 2), [1, y.count], dtype: y.dtype == .f64 ? .f64 : .f32, on: y.device)
  return y.reshaped([1, y.count]).linear(weights).reshaped([])
}

/// Holds the derivative of an operation, in f64 on the reference, against central differences where `differences`; then
/// every other device's values and derivatives, in f32, against the reference's.
func check(
  _ name: String, _ inputs: [(shape: Shape, values: [Double])], tables: Set<Int> = [], tolerance: Double = 2e-5,
  differences: Bool = true, _ operation: Operation
) {
  let exact = Leaves(inputs, dtype: .f64, on: .reference, tables: tables)
  let output = operation(exact.tensors, .reference)
  let gradients = Gradients(exact.set)
  weigh(output).backward(into: gradients)
  let derivative = exact.parameters.map { gradients.value(of: $0).doubles() }
  let step = 1e-5
  for (index, input) in inputs.enumerated() where differences {
    for element in 0..<input.values.count {
      var sides: [Double] = []
      for sign in [1.0, -1.0] {
        var moved = inputs
        moved[index].values[element] += sign * step
        let leaves = Leaves(moved, dtype: .f64, on: .reference)
        sides.append(Tape.withoutRecording { weigh(operation(leaves.tensors, .reference)).item })
      }
      let numeric = (sides[0] - sides[1]) / (2 * step)
      let analytic = derivative[index][element]
      #expect(
        abs(numeric - analytic) <= 1e-6 * max(1, abs(numeric)),
        "\(name): input \(index) element \(element): differences \(numeric), derivative \(analytic)")
    }
  }
  for device in Device.tested {
    let leaves = Leaves(inputs, dtype: .f32, on: device, tables: tables)
    let y = operation(leaves.tensors, device)
    expectClose(y.doubles(), output.doubles(), tolerance, "\(name) on \(device)")
    let fast = Gradients(leaves.set)
    weigh(y).backward(into: fast)
    for (index, parameter) in leaves.parameters.enumerated() {
      expectClose(fast.value(of: parameter).doubles(), derivative[index], tolerance, "\(name) on \(device), d\(index)")
    }
  }
}

/// Equal relative to the largest element.
func expectClose(
  _ a: [Double], _ b: [Double], _ tolerance: Double, _ name: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(a.count == b.count, "\(name): counts", sourceLocation: sourceLocation)
  let scale = max(1e-3, b.map(abs).max() ?? 0)
  let worst = zip(a, b).map { abs($0 - $1) }.max() ?? 0
  #expect(
    worst <= tolerance * scale && a.allSatisfy(\.isFinite), "\(name): off by \(worst / scale) relative",
    sourceLocation: sourceLocation)
}
