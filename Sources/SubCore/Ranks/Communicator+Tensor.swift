extension Communicator {
  /// Replaces every element of an f32 tensor by its sum over the ranks. A device's memory passes through the host.
  public func sum(_ tensor: Tensor) {
    guard !isAlone else { return }
    precondition(tensor.dtype == .f32, "sum over ranks: \(tensor.dtype)")
    if let direct = direct(tensor) { return direct.sumOnDevice(tensor) }
    if tensor.device.isHost {
      sum(UnsafeMutableBufferPointer(start: tensor.detached().pointer(Float.self), count: tensor.count))
    } else {
      var values = tensor.floats()
      values.withUnsafeMutableBufferPointer { sum($0) }
      tensor.write(HostArray(values, shape: tensor.shape.dimensions))
    }
  }

  /// Replaces the elements by those of rank 0.
  public func broadcast(_ tensor: Tensor) {
    guard !isAlone else { return }
    let values = HostBuffer(byteCount: tensor.count * tensor.dtype.size) { memory in
      tensor.host().withBytes { memory.copyMemory(from: $0) }
      broadcast(memory)
    }
    tensor.write(HostArray(dtype: tensor.dtype, shape: tensor.shape.dimensions, buffer: values))
  }

  /// Replaces every element of f32 tensors by its mean over the ranks, or leaves it as it is where all have the same.
  public func average(_ tensors: [Tensor]) {
    guard !isAlone, !tensors.isEmpty else { return }
    let own = tensors.flatMap { $0.floats() }
    let all = gather(own)
    var start = 0
    for tensor in tensors {
      let mean = (start..<start + tensor.count).map { place -> Float in
        let first = all[place]
        let further = (1..<count).reduce(Float(0)) { $0 + (all[$1 * own.count + place] - first) }
        return first + further / Float(count)
      }
      tensor.write(HostArray(mean, shape: tensor.shape.dimensions))
      start += tensor.count
    }
  }

  /// The rows of all ranks, one behind the other in their order, as a constant: [n, …] → [count · n, …]. Every rank gives
  /// as many.
  public func gather(_ tensor: Tensor) -> Tensor {
    guard !isAlone else { return tensor.detached() }
    let shape = Shape([tensor.shape[0] * count] + tensor.shape.dimensions.dropFirst())
    if let direct = direct(tensor) {
      let all = tensor.like(shape)
      direct.gather(tensor.detached(), into: all)
      return all
    }
    let all = HostBuffer(unfilled: tensor.count * count * tensor.dtype.size) { memory in
      tensor.host().withBytes { gather($0, into: memory) }
    }
    return Tensor(
      HostArray(dtype: tensor.dtype, shape: shape.dimensions, buffer: all), dtype: tensor.dtype, on: tensor.device)
  }

  /// This rank's rows of the sum over the ranks of an f32 tensor, as a constant: [count · n, …] → [n, …].
  public func reduceScatter(_ tensor: Tensor) -> Tensor {
    guard !isAlone else { return tensor.detached() }
    precondition(
      tensor.dtype == .f32 && tensor.shape[0] % count == 0, "reduceScatter over \(count) ranks: \(tensor)")
    let shape = Shape([tensor.shape[0] / count] + tensor.shape.dimensions.dropFirst())
    if let direct = direct(tensor) { return direct.summedPart(tensor).reshapedView(shape) }
    let values = tensor.floats()
    let own = [Float](unsafeUninitializedCapacity: shape.count) { own, filled in
      values.withUnsafeBufferPointer {
        reduceScatter($0, into: UnsafeMutableBufferPointer(rebasing: own[..<shape.count]))
      }
      filled = shape.count
    }
    return Tensor(HostArray(own, shape: shape.dimensions), on: tensor.device)
  }

  /// These ranks where they take a tensor from its device's memory.
  private func direct(_ tensor: Tensor) -> (any DeviceCommunicator)? {
    (self as? any DeviceCommunicator).flatMap { $0.carries(tensor) ? $0 : nil }
  }
}
