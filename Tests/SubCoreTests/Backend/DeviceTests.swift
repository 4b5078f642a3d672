import Testing

@testable import SubCore

/// Devices by name, what is kept on them, and what a step computes there without asking the host.
struct DeviceTests {
  @Test func `a device is written as it is read`() {
    for device in Device.available { #expect(Device("\(device)") == device) }
    #expect("\(Device.cpu)" == "cpu" && Device("cpu:0") == .cpu && Device.cpu.kind == "cpu" && Device.cpu.ordinal == 0)
    #expect(Device.cpu != .reference && Device("cuda:7") == nil && Device("") == nil && Device("cpu:1") == nil)
    let kind = DeviceKind(name: "several", isNumbered: true) { _ in Device.reference.backend }
    #expect("\(Device(kind, ordinal: 1))" == "several:1" && Device(kind, ordinal: 1) == Device(kind, ordinal: 1))
    #expect(Device(kind, ordinal: 1) != Device(kind, ordinal: 0))
  }

  @Test func `indices that follow from numbers are made once`() {
    for device in [.reference] + Device.tested {
      let indices = Tensor.indices(3, from: 1, step: 2, rows: 2, rowStep: 10, on: device)
      #expect(indices.doubles() == [1, 3, 5, 11, 13, 15])
      #expect(Tensor.indices(3, from: 1, step: 2, rows: 2, rowStep: 10, on: device).storage === indices.storage)
      #expect(Segments(count: 3, length: 4, on: device).offsets.doubles() == [0, 4, 8, 12])
      let pairs = Segments(count: 2, first: 1, second: 3, on: device)
      #expect(pairs.offsets.doubles() == [0, 1, 4, 5, 8] && pairs.rows == 8 && pairs.longest == 3)
    }
  }

  @Test func `norm and clipping factor stay on the device`() {
    for device in [.reference] + Device.tested {
      let (set, gradients) = gradients([[3, -4], [12]], dtype: .f32, on: device)
      let norm = gradients.norm()
      #expect(norm.dtype == .f64 && norm.device == device && norm.item == 13)
      #expect(Gradients.clipFactor(norm: norm, limit: nil) == nil)
      #expect(Gradients.clipFactor(norm: norm, limit: 26)?.item == 1)
      #expect(Gradients.clipFactor(norm: norm, limit: 6.5)?.item == 6.5 / (13 + 1e-6))
      let rates = MomentRates(lr: 1, beta1: 0, beta2: 0, epsilon: 0, update: 1)
      #expect(rates.capped(norm: norm).factor?.item == 1 / 13.0)
      #expect(set.parameters.allSatisfy { gradients.isTouched($0) })
    }
  }

  @Test func `a parameter is held in a range where it is`() {
    for device in [.reference] + Device.tested {
      let parameter = Leaves([([3], [-1, 0.5, 7])], dtype: .f32, on: device).parameters[0]
      parameter.clamp(to: 0...4.5)
      #expect(parameter.value.floats() == [0, 0.5, 4.5])
    }
  }

  @Test(arguments: ["adamW", "sgd", "nesterov", "plain", "lamb", "average"])
  func `updates equal the reference's`(rule: String) {
    let expected = weights(after: rule, dtype: .f64, on: .reference)
    for device in Device.tested {
      expectClose(weights(after: rule, dtype: .f32, on: device), expected, 1e-6, "\(rule) on \(device)")
    }
  }

  /// Four clipped updates of a vector, a matrix and a table of which some rows are never read.
  private func weights(after rule: String, dtype: DType, on device: Device) -> [Double] {
    let shapes: [Shape] = [[5], [4, 3], [6, 2]]
    let leaves = Leaves(
      shapes.enumerated().map { ($0.element, wavy($0.element.count, Double($0.offset))) }, dtype: dtype, on: device,
      tables: [2])
    let (gradients, moments, average) = (Gradients(leaves.set), Moments(leaves.set), leaves.set.zeros())
    let sum = rule == "plain" ? nil : leaves.set.zeros()
    let rates: [(lrScale: Double, weightDecay: Double)] = [(1, 0), (0.5, 0.1), (1, 0.05)]
    for update in 1...4 {
      let rows = Tensor(indices: [update, 2, update], on: device)
      for (index, leaf) in leaves.tensors.enumerated() {
        let y = index == 2 ? leaf.gatherRows(rows) : leaf
        let upstream = wavy(y.count, Double(update), scale: 2)
        y.backward(from: Tensor(upstream, y.shape, dtype: dtype, on: device), into: gradients)
      }
      let factor = Gradients.clipFactor(norm: gradients.norm(), limit: 1)
      let numbers = MomentRates(lr: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-6, update: update, factor: factor)
      switch rule {
      case "adamW": leaves.set.adamW(gradients, moments, numbers, rates: rates)
      case "lamb":
        leaves.set.lamb(gradients, moments, numbers.capped(norm: gradients.norm()), rates: rates, parts: [1, 4, 2])
      default:
        let plain = SGDRates(
          lr: 0.1, momentum: rule == "plain" ? 0 : 0.9, isNesterov: rule == "nesterov", factor: factor)
        leaves.set.sgd(gradients, sum: sum, plain, rates: rates)
      }
      leaves.set.arena.average(into: average, decay: 0.75)
    }
    let result = rule == "average" ? average : leaves.set.arena
    return leaves.parameters.flatMap { leaves.set.view(of: $0, in: result).doubles() }
  }

  private func gradients(_ values: [[Double]], dtype: DType, on device: Device) -> (ParameterSet, Gradients) {
    let leaves = Leaves(values.map { ([$0.count], $0) }, dtype: dtype, on: device)
    let gradients = Gradients(leaves.set)
    for (leaf, value) in zip(leaves.tensors, values) {
      leaf.backward(from: Tensor(value, [value.count], dtype: dtype, on: device), into: gradients)
    }
    return (leaves.set, gradients)
  }
}
