/// All parameters of a model in one flat arena, in the order of their module: one optimizer pass, one norm. Its buffers
/// have memory of their own beside it.
public final class ParameterSet {
  /// The parameters in order; each object once, whatever refers to it.
  public let parameters: [Parameter]
  /// What the model keeps besides and nobody trains, in order; each object once.
  public let buffers: [Buffer]
  /// The values, one behind the other, frozen ones behind all others; each parameter starts at a multiple of 16 elements.
  public let arena: Tensor
  /// Elements of the arena that are trained.
  let trainedEnd: Int
  /// In which precision products with these weights compute.
  public let precision: Precision
  let offsets: [Int]

  /// Gives memory to parameters and buffers and starts the parameters from `key`, each from a stream of its own name.
  /// Without a key they stay zero: their values come from a file. Buffers always start.
  ///
  /// `precision` is that of what is computed with them; they themselves, their gradients and moments are of `dtype`. tf32 is a
  /// matter of the whole device, from now on.
  public init(
    _ named: [(name: String, parameter: Parameter)], buffers: [(name: String, buffer: Buffer)] = [],
    dtype: DType = .f32, precision: Precision = .fp32, on device: Device, key: RandomKey?
  ) {
    if precision == .tf32 {
      precondition(device.backend.roundProducts(true), "ParameterSet: \(device) does not compute in tf32")
    }
    var seen: Set<ObjectIdentifier> = []
    var parameters: [Parameter] = []
    for (name, parameter) in named where seen.insert(ObjectIdentifier(parameter)).inserted {
      parameter.name = name
      parameter.slot = parameters.count
      parameters.append(parameter)
    }
    var offsets = [Int](repeating: 0, count: parameters.count)
    var (end, trainedEnd) = (0, 0)
    for isFrozen in [false, true] {
      for parameter in parameters where parameter.isFrozen == isFrozen {
        offsets[parameter.slot] = end
        end += (parameter.shape.count + 15) / 16 * 16
      }
      if !isFrozen { trainedEnd = end }
    }
    self.trainedEnd = trainedEnd
    self.parameters = parameters
    self.precision = precision
    self.offsets = offsets
    self.buffers = buffers.filter { seen.insert(ObjectIdentifier($0.buffer)).inserted }.map { name, buffer in
      buffer.name = name
      buffer.values = Tensor(buffer.shape, filledWith: buffer.start, dtype: dtype, on: device)
      return buffer
    }
    arena = Tensor([end], filledWith: 0, dtype: dtype, on: device)
    arena.storage.shadow = precision.shadow.map { Shadow(of: arena, as: $0) }
    for (parameter, offset) in zip(parameters, offsets) {
      parameter.values = arena.slice(from: offset, shape: parameter.shape)
      if let key { parameter.initialize(key.fold(parameter.name)) }
    }
  }

  /// The number of weights, padding and buffers not counted.
  public var count: Int { parameters.reduce(0) { $0 + $1.shape.count } }

  /// The parameters that are not frozen, in order.
  public var trained: [Parameter] { parameters.filter { !$0.isFrozen } }

  /// The values of the parameters that are not frozen, one behind the other.
  public var trainedArena: Tensor { trainedEnd == arena.count ? arena : arena.slice(from: 0, shape: [trainedEnd]) }

  /// A zeroed arena of the layout of what is trained: gradients, moments, averages.
  public func zeros() -> Tensor { Tensor([trainedEnd], filledWith: 0, dtype: arena.dtype, on: arena.device) }

  /// A parameter's part of an arena of this layout; of `zeros` only one that is not frozen has a part.
  public func view(of parameter: Parameter, in arena: Tensor) -> Tensor {
    arena.slice(from: offsets[parameter.slot], shape: parameter.shape)
  }
}

extension Parameter {
  /// Starts the values anew, or those of some rows: positions of the stream count from the first of them.
  public func initialize(_ key: RandomKey, rows: Range<Int>? = nil) {
    value.storage.shadow?.invalidate()
    let part = rows.map { value.slice(from: $0.lowerBound * width, shape: [$0.count * width]) } ?? value
    switch initializer {
    case .zeros: part.backend.fill(part, with: 0)
    case .constant(let constant): part.backend.fill(part, with: constant)
    case .normal(let deviation): Self.write(part) { Float(key.normal(at: $0) * deviation) }
    case .uniform(let bound): Self.write(part) { Float((2 * key.uniform64(at: $0) - 1) * bound) }
    }
  }

  /// Elements of a row.
  private var width: Int { shape.count / max(1, shape.rank > 0 ? shape[0] : 1) }

  private static func write(_ part: Tensor, _ element: (Int) -> Float) {
    part.write(HostArray((0..<part.count).map(element), shape: part.shape.dimensions))
  }
}
