extension Tensor {
  /// eˣ / Σ eˣ along an axis, the largest element subtracted first.
  public func softmax(axis: Int = -1) -> Tensor {
    alongLast(axis) { x in
      let y = x.like(x.shape)
      x.backend.softmax(x.detached(), into: y)
      return Tape.record("softmax", [x], output: y) { vjp in
        let weighted = vjp.take().zipped(.multiply, y)
        vjp.give(0, weighted.zipped(.subtract, y.zipped(.multiply, weighted.reduced(.sum, over: [-1]))))
      }
    }
  }

  /// log softmax along an axis, without computing a small softmax.
  public func logSoftmax(axis: Int = -1) -> Tensor {
    alongLast(axis) { x in
      let shifted = x.zipped(.subtract, x.reduced(.largest, over: [-1]))
      let y = shifted.zipped(.subtract, shifted.mapped(.exp).reduced(.sum, over: [-1]).mapped(.log))
      return Tape.record("logSoftmax", [x], output: y) { vjp in
        let dy = vjp.take()
        vjp.give(0, dy.zipped(.subtract, y.mapped(.exp).zipped(.multiply, dy.reduced(.sum, over: [-1]))))
      }
    }
  }

  /// Runs `body` on a tensor whose last axis is the one meant.
  private func alongLast(_ axis: Int, _ body: (Tensor) -> Tensor) -> Tensor {
    guard dtype != .bf16 else { return widened.alongLast(axis, body) }
    let index = shape.index(of: axis)
    guard index != shape.rank - 1 else { return body(self) }
    var axes = Array(0..<shape.rank)
    axes.swapAt(index, shape.rank - 1)
    return body(permuted(axes)).permuted(axes)
  }
}
