/// Ranks whose devices' tensors go from one device to the other. What is computed on the way is the backend's, in the
/// order of the ranks, so that sums have the bits that they have through the host.
protocol DeviceCommunicator: Communicator {
  /// Whether a tensor lies where this one takes it from.
  func carries(_ tensor: Tensor) -> Bool
  /// The elements of all ranks' `own`, one behind the other in the order of the ranks.
  func gather(_ own: Tensor, into all: Tensor)
  /// Of `count` equal parts, part r goes to rank r; those that arrive lie in the order of the ranks that they are from.
  func exchange(_ parts: Tensor, into arrived: Tensor)
}

extension DeviceCommunicator {
  /// This rank's of `count` equal parts of the sum over the ranks.
  func summedPart(_ all: Tensor) -> Tensor {
    let arrived = all.like(all.shape)
    exchange(all.detached(), into: arrived)
    let part: Shape = [all.count / count]
    let sum = arrived.slice(from: 0, shape: part)
    for rank in 1..<count {
      sum.backend.combine(1, arrived.slice(from: rank * part.count, shape: part), 1, into: sum)
    }
    return sum
  }

  /// Replaces the elements by their sums over the ranks, so many at once.
  func sumOnDevice(_ tensor: Tensor, atOnce most: Int = 1 << 24) {
    let tensor = tensor.detached()
    for start in stride(from: 0, to: tensor.count, by: most) {
      let values = tensor.slice(from: start, shape: [Swift.min(most, tensor.count - start)])
      // Equal parts that begin where vectors may.
      let part = (values.count + 4 * count - 1) / (4 * count) * 4
      let padded = tensor.like([count * part], filledWith: 0)
      padded.backend.combine(1, values, 0, into: padded.slice(from: 0, shape: values.shape))
      gather(summedPart(padded), into: padded)
      padded.backend.combine(1, padded.slice(from: 0, shape: values.shape), 0, into: values)
    }
  }
}
