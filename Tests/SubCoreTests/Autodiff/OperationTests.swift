import SubCore
import Testing

extension Tensor {
  /// x / (1 + |x|).
  fileprivate func softsign() -> Tensor {
    Tape.operation("softsign", [self]) { x in
      let scale = 1 / (1 + x[0].abs())
      return (x[0] * scale, { vjp in vjp.give(0, vjp.take() * scale * scale) })
    }
  }

  /// Elements in descending order, computed on the host.
  fileprivate func sorted() -> Tensor {
    Tape.operation("sorted", [self]) { x in
      let values = x[0].doubles()
      let order = values.indices.sorted { values[$0] > values[$1] }
      let y = Tensor(order.map { values[$0] }, x[0].shape, dtype: x[0].dtype, on: x[0].device)
      return (
        y,
        { vjp in
          let dy = vjp.take()
          let back = order.indices.map { order.firstIndex(of: $0)! }
          vjp.give(0, dy[Tensor(indices: back, on: dy.device)])
        }
      )
    }
  }

  /// Mean and mean of squares of all elements.
  fileprivate func moments() -> (Tensor, Tensor) {
    let both = Tape.operations("moments", [self]) { x in
      (
        [x[0].mean(), (x[0] * x[0]).mean()],
        { vjp in
          var dx = Tensor(x[0].shape, filledWith: 0, dtype: x[0].dtype, on: x[0].device)
          if let first = vjp.take(0) { dx += first / Double(dx.count) }
          if let second = vjp.take(1) { dx += x[0] * second * (2 / Double(dx.count)) }
          vjp.give(0, dx)
        }
      )
    }
    return (both[0], both[1])
  }
}

/// Operations and derivatives from outside the package: nothing here is internal.
struct OperationTests {
  private let input: [(shape: Shape, values: [Double])] = [([3, 4], wavy(12, scale: 2))]

  @Test func `an operation with a derivative of its own`() {
    check("softsign", input) { x, _ in x[0].softsign() }
    check("sorted", [([7], wavy(7))]) { x, _ in x[0].exp().sorted() }
    check("softsign of softsign", input) { x, _ in x[0].softsign().softsign() + x[0] }
  }

  @Test func `several outputs, of which one may be unused`() {
    check("both", input) { x, _ in
      let (mean, square) = x[0].moments()
      return square - mean * mean
    }
    check("one", input) { x, _ in x[0].moments().1 }
  }

  @Test func `constants are not recorded and derivatives leave no graph`() {
    let constant = Tensor([1, 2], [2], on: .cpu)
    #expect(!constant.softsign().isTracked)
    let leaves = Leaves([([2], [1, -3])], dtype: .f32, on: .cpu)
    #expect(leaves.tensors[0].softsign().isTracked)
    #expect(!Tape.withoutRecording { leaves.tensors[0].softsign() }.isTracked)
  }

  @Test func `a derivative that gives the wrong shape, or nothing, traps`() async {
    await #expect(processExitsWith: .failure) {
      let leaves = Leaves([([2], [1, -3])], dtype: .f32, on: .cpu)
      Tape.operation("wrong", [leaves.tensors[0]]) { x in (x[0].sum(), { vjp in vjp.give(0, vjp.take()) }) }
        .backward(into: Gradients(leaves.set))
    }
    await #expect(processExitsWith: .failure) {
      let leaves = Leaves([([2], [1, -3])], dtype: .f32, on: .cpu)
      Tape.operation("silent", [leaves.tensors[0]]) { x in (x[0].sum(), { vjp in _ = vjp.take() }) }
        .backward(into: Gradients(leaves.set))
    }
  }
}
