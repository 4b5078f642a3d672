import SubCore
import Testing

/// Shapes: views, orders, parts, joins and reductions of axes, and products over leading axes.
struct AxesTests {
  private func count(_ shape: Shape, on device: Device) -> Tensor {
    Tensor((0..<shape.count).map { Double($0) }, shape, on: device)
  }

  @Test func `orders and shapes`() {
    check("permuted", [input([2, 3, 4])]) { x, _ in x[0].permuted(2, 0, 1) }
    check("permuted back", [input([2, 1, 3, 2])]) { x, _ in x[0].permuted(0, 2, 1, -1) }
    check("transposed", [input([2, 3, 4])]) { x, _ in x[0].transposed() }
    check("reshaped", [input([2, 6])]) { x, _ in x[0].reshaped(3, -1).flattened().expanded(at: -1).squeezed(-1) }
    check("broadcast", [input([3, 1])]) { x, _ in x[0].broadcast(to: [2, 3, 4]) }
  }

  @Test func `parts and joins`() {
    check("slice", [input([3, 4, 2])]) { x, _ in x[0].slice(1..<3, axis: 1) }
    check("slice twice", [input([4, 3])]) { x, _ in x[0][1...].slice(..<2, axis: 1) + x[0][..<3].slice(1..., axis: -1) }
    check("index", [input([3, 2, 2])]) { x, _ in x[0][-1] * x[0][0] }
    check("parts of a tensor that is none of a parameter's", [input([3, 4])]) { x, _ in
      let y = x[0].exp()
      return y.slice(0..<2, axis: 1) * y.slice(2..<4, axis: 1)
    }
    check("indices", [input([3, 2, 2])]) { x, device in x[0][Tensor(indices: [2, 0, 2, 2], on: device)] }
    check("concatenated", [input([2, 3]), input([2, 1], 1)]) { x, _ in
      Tensor.concatenated([x[0], x[1], x[0]], axis: 1)
    }
    check("concatenated rows", [input([2, 3]), input([1, 3], 1)]) { x, _ in Tensor.concatenated([x[0], x[1]]) }
    check("stacked", [input([2, 3]), input([2, 3], 1)]) { x, _ in Tensor.stacked([x[0], x[1]], axis: -1) }
    check("stacked in front", [input([2]), input([2], 1)]) { x, _ in Tensor.stacked([x[0], x[1]]) }
  }

  @Test func `reductions`() {
    for axes in [[], [0], [1], [2], [-1, 0], [1, 2]] {
      check("sum \(axes)", [input([2, 3, 4])]) { x, _ in
        switch axes.count {
        case 0: x[0].sum() + x[0].mean()
        case 1: x[0].sum(axes[0]) + x[0].mean(axes[0])
        default: x[0].sum(axes[0], axes[1]) + x[0].mean(axes[0], axes[1])
        }
      }
      check("extrema \(axes)", [input([2, 3, 4])]) { x, _ in
        switch axes.count {
        case 0: x[0].maximum() - x[0].minimum()
        case 1: x[0].maximum(axes[0]) - x[0].minimum(axes[0])
        default: x[0].maximum(axes[0], axes[1]) - x[0].minimum(axes[0], axes[1])
        }
      }
    }
    check("standardised", [input([3, 5])]) { x, _ in
      let centred = x[0] - x[0].mean(-1, keepingAxes: true)
      return centred / ((centred * centred).mean(-1, keepingAxes: true) + 1e-3).sqrt()
    }
    check("sum of one", [input([1, 1])]) { x, _ in x[0].sum(0) }
  }

  @Test func `softmax and its logarithm`() {
    for axis in [-1, 0, 1] {
      check("softmax \(axis)", [input([2, 3, 4], scale: 3)]) { x, _ in x[0].softmax(axis: axis) }
      check("logSoftmax \(axis)", [input([2, 3, 4], scale: 3)]) { x, _ in x[0].logSoftmax(axis: axis) }
    }
  }

  @Test func `matrix products`() {
    let pairs: [(Shape, Shape)] = [
      ([3, 4], [4, 2]), ([2, 3, 4], [4, 2]), ([2, 3, 4], [2, 4, 2]), ([3, 4], [2, 4, 2]), ([2, 1, 3, 4], [3, 4, 2]),
      ([1, 3, 4], [2, 4, 2]), ([4], [4, 2]), ([3, 4], [4]), ([4], [4]), ([2, 3, 4], [4]), ([4], [2, 4, 3]),
    ]
    for (a, b) in pairs { check("matmul \(a) \(b)", [input(a), input(b, 1)]) { x, _ in x[0].matmul(x[1]) } }
  }

  @Test(arguments: [.reference] + Device.tested) func `values and shapes`(device: Device) {
    let x = count([2, 3], on: device)
    #expect(x.transposed().floats() == [0, 3, 1, 4, 2, 5] && x.transposed().shape == [3, 2])
    #expect(x.slice(1..., axis: 1).floats() == [1, 2, 4, 5])
    #expect(x[1].floats() == [3, 4, 5] && x[1].shape == [3] && x[0..<0].shape == [0, 3])
    #expect(Tensor.stacked([x, x], axis: 1).shape == [2, 2, 3])
    #expect(x.sum(0).floats() == [3, 5, 7] && x.sum(1, keepingAxes: true).shape == [2, 1])
    #expect(x.sum().shape == [] && x.mean().item == 2.5 && x.maximum(1).floats() == [2, 5])
    #expect(x[0..<0].sum(0).floats() == [0, 0, 0])
    #expect(x.argmax(1).host().integers() == [2, 2] && x.argmax(0).host().integers() == [1, 1, 1])
    #expect((x - 2).abs().argmax(-1).host().integers() == [0, 2], "the first of equal ones")
    #expect(Tensor([1, .nan, 3], [3], on: device).maximum().item.isNaN)
    #expect(x.matmul(x.transposed()).floats() == [5, 14, 14, 50])
    #expect(Tensor(indices: [4, 7, 9], on: device)[1...].host().integers() == [7, 9])
    #expect(Tensor(indices: [4, 7, 9, 2], on: device).reshaped(2, 2).transposed().host().integers() == [4, 9, 7, 2])
    let mask = (x .> 2).slice(1..., axis: 1)
    #expect(mask.host().integers() == [0, 0, 1, 1])
  }

  /// Sizes at which kernels share their work among threads, turn blocks and walk in chunks.
  @Test func `large arrays in every order`() throws {
    let values = wavy(7 * 65 * 130)
    func both(_ name: String, _ operation: (Tensor) -> Tensor) {
      let exact = operation(Tensor(values, [7, 65, 130], dtype: .f64, on: .reference)).doubles()
      for device in Device.tested {
        expectClose(operation(Tensor(values, [7, 65, 130], on: device)).doubles(), exact, 2e-6, "\(name) on \(device)")
      }
    }
    for order in [[0, 2, 1], [1, 0, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]] {
      both("permuted \(order)") { $0.permuted(order[0], order[1], order[2]) }
      both("permuted part \(order)") { $0.slice(3..<60, axis: 1).permuted(order[0], order[1], order[2]) }
    }
    both("a row") { $0 * $0[0][0] }
    both("columns") { $0 - $0.slice(2..<3, axis: 2) }
    both("one long axis") { $0.flattened() + $0.flattened().slice(5..<6) }
    both("leading") { $0.slice(2..<3) / ($0 + 3) }
    for axis in 0..<3 {
      both("sum \(axis)") { $0.sum(axis) }
      both("extrema \(axis)") { Tensor.stacked([$0.maximum(axis), $0.minimum(axis)]) }
    }
    both("sum of all") { $0.sum() }
    both("products") { $0.matmul($0.transposed()) }
  }
}
