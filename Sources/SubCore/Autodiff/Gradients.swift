/// The gradients of a `ParameterSet`, in one flat arena: a value that a step fills and an optimizer consumes. There is no
/// clearing pass; a slot is overwritten on its first touch and added to afterwards.
public final class Gradients {
  /// Whose gradients these are.
  public let set: ParameterSet
  /// The flat memory. A slot that was not touched holds nothing that may be read.
  let arena: Tensor
  var isTouched: [Bool]
  /// Rows touched in this step, u8, for parameters whose gradients arrive as rows. Rows that are not touched are zero.
  var touchedRows: [Int: Tensor] = [:]
  /// How often something was added to a slot in this step.
  private(set) var touches: [Int]
  /// Sums over ranks that begin before all has arrived; nil: there are none.
  var earlySums: EarlySums?

  /// An empty buffer.
  public init(_ set: ParameterSet) {
    self.set = set
    arena = set.zeros()
    isTouched = Array(repeating: false, count: set.parameters.count)
    touches = Array(repeating: 0, count: set.parameters.count)
  }

  /// Whether a parameter has received a gradient since the last `clear`.
  public func isTouched(_ parameter: Parameter) -> Bool { isTouched[parameter.slot] }

  /// A parameter's gradient; zeros where none arrived.
  public func value(of parameter: Parameter) -> Tensor {
    isTouched[parameter.slot]
      ? set.view(of: parameter, in: arena)
      : Tensor(parameter.shape, filledWith: 0, dtype: arena.dtype, on: arena.device)
  }

  /// Empties the buffer. Nothing is written but the touched rows of tables, which become zero again.
  public func clear() {
    for (slot, flags) in touchedRows where isTouched[slot] {
      arena.backend.clearRows(set.view(of: set.parameters[slot], in: arena), touched: flags)
    }
    for slot in isTouched.indices { (isTouched[slot], touches[slot]) = (false, 0) }
    earlySums = nil
  }

  /// The square root of the sum of squares over all gradients, added up in f64: one element, f64, on the device.
  public func norm() -> Tensor {
    let norm = Tensor(uninitialized: [], dtype: .f64, on: arena.device)
    let parts = set.parameters.filter { isTouched[$0.slot] }.map { set.view(of: $0, in: arena) }
    arena.backend.sumOfSquares(parts, into: norm)
    arena.backend.scalar(.root, norm, nil, into: norm)
    return norm
  }

  /// The factor that clips a gradient of this norm: min(1, limit / (norm + 1e-6)), as torch's clip_grad_norm_; nil where
  /// there is no limit.
  public static func clipFactor(norm: Tensor, limit: Double?) -> Tensor? {
    limit.map { limit in
      let factor = norm.like(norm.shape)
      norm.backend.scalar(.clipping(limit: limit), norm, nil, into: factor)
      return factor
    }
  }

  /// Where a gradient of part of a parameter is to be added.
  func destination(_ parameter: Parameter, start: Int, shape: Shape) -> Accumulation {
    let slot = own(parameter)
    if let late = late(parameter) { return Accumulation(tensor: late.slice(from: start, shape: shape), beta: 1) }
    let whole = set.view(of: parameter, in: arena)
    let isFirst = !isTouched[slot]
    isTouched[slot] = true
    touchedRows[slot].map { $0.backend.fill($0, with: 1) }
    guard shape.count < parameter.shape.count else { return Accumulation(tensor: whole, beta: isFirst ? 0 : 1) }
    if isFirst { whole.backend.fill(whole, with: 0) }
    return Accumulation(tensor: whole.slice(from: start, shape: shape), beta: 1)
  }

  /// A table and its flags, ready to have rows added.
  func tableDestination(_ parameter: Parameter) -> (table: Tensor, touched: Tensor?) {
    let slot = own(parameter)
    if let late = late(parameter) { return (late, nil) }
    let table = set.view(of: parameter, in: arena)
    let isFirst = !isTouched[slot]
    isTouched[slot] = true
    guard parameter.isTable else {
      if isFirst { table.backend.fill(table, with: 0) }
      return (table, nil)
    }
    if let flags = touchedRows[slot] { return (table, flags) }
    let flags = Tensor([parameter.shape[0]], filledWith: isFirst ? 0 : 1, dtype: .u8, on: arena.device)
    if isFirst { table.backend.fill(table, with: 0) }
    touchedRows[slot] = flags
    return (table, flags)
  }

  /// Where a gradient is added that arrives when the sum of its slot has begun.
  private func late(_ parameter: Parameter) -> Tensor? {
    touches[parameter.slot] += 1
    return earlySums?.touched(parameter)
  }

  private func own(_ parameter: Parameter) -> Int {
    let slot = parameter.slot
    precondition(
      slot >= 0 && slot < set.parameters.count && set.parameters[slot] === parameter,
      "Gradients: \(parameter.name) is not a parameter of this set")
    return slot
  }
}
