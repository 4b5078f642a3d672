import Synchronization

/// A product c [m, n] = alpha · op(a) · op(b) + beta · c (+ bias), of matrices in row-major order, so many times.
struct ProductShape: Hashable {
  let m, n, k: Int
  let transposeA, transposeB: Bool
  /// Distances of rows.
  let strideA, strideB, strideC: Int
  /// bf16 or f32: of a and b, and of c.
  let operand, result: DType
  /// What addresses are multiples of, in bytes.
  let alignmentA, alignmentB, alignmentC: Int
  /// Whether a row [n] of c's type is added to every row.
  var hasBias: Bool
  /// Whether c is read.
  let adds: Bool
  var count = 1
  /// Distances of products, in elements.
  var stepA = 0, stepB = 0, stepC = 0
}

/// cuBLASLt on a device: a plan for every shape, made once.
///
/// `@unchecked Sendable`: the plans are behind a mutex; handles may be used from every thread.
final class CUDAProducts: @unchecked Sendable {
  /// `@unchecked Sendable`: the library's handles, used behind the mutex only.
  private struct Plan: @unchecked Sendable {
    let shape: ProductShape
    let descriptor, a, b, c: CUDAHandle?
    let algorithm: [UInt64]
  }
  private static let workspaceSize = 64 << 20

  private let library: ProductLibrary
  private unowned let device: CUDADevice
  private let handle: CUDAHandle?
  private let workspace: CUDADriver.Address
  /// `@unchecked Sendable`: handles and addresses of the driver's; it is used behind the mutex only.
  private struct State: @unchecked Sendable {
    /// All that were made, and which of them a shape has now; nil: none can be made, with a bias.
    var plans: [Plan] = []
    var numbers: [ProductShape: Int?] = [:]
    /// Whether products of f32 read it as tf32.
    var rounds = false
  }
  private let state = Mutex(State())

  init(_ device: CUDADevice) {
    guard let library = ProductLibrary.shared else { CUDAFailure.end(CUDAInstallation.missingProducts) }
    (self.library, self.device) = (library, device)
    var handle: CUDAHandle?
    Self.check(library.create(&handle), "cublasLtCreate")
    self.handle = handle
    workspace = device.pool.allocate(Self.workspaceSize)
  }

  /// Asks for a product; false where the library has no algorithm that adds a bias to such a one.
  func multiply(
    _ shape: ProductShape, _ alpha: Float, _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ beta: Float,
    into c: UnsafeMutableRawPointer, bias: UnsafeRawPointer? = nil
  ) -> Bool {
    guard let number = state.withLock({ $0.numbers[shape] }) ?? plan(shape) else { return false }
    func address(_ pointer: UnsafeRawPointer) -> CUDADriver.Address { CUDADriver.Address(UInt(bitPattern: pointer)) }
    device.queue.multiply(
      plan: number, alpha: alpha, beta: beta,
      ProductOperands(a: address(a), b: address(b), c: address(c), bias: bias.map(address) ?? 0))
    return true
  }

  /// The number of a new plan; nil where there is none with a bias.
  private func plan(_ shape: ProductShape) -> Int? {
    // Nothing is captured meanwhile: some versions of the library cannot choose an algorithm then.
    device.queue.hold()
    defer { device.queue.letGo() }
    device.enter()
    return state.withLock { state in
      if let known = state.numbers[shape] { return known }
      if let plan = make(shape, rounds: state.rounds) ?? make(shape, rounds: false) {
        state.plans.append(plan)
        state.numbers[shape] = state.plans.count - 1
      } else if shape.hasBias {
        state.numbers[shape] = .some(nil)
      } else {
        CUDAFailure.end("cuBLASLt has no algorithm for \(shape)")
      }
      return state.numbers[shape]!
    }
  }

  /// Enqueues a product by a plan; what the library says went wrong with it.
  func perform(plan number: Int, alpha: Float, beta: Float, _ operands: ProductOperands) -> String? {
    func pointer(_ address: CUDADriver.Address) -> UnsafeMutableRawPointer? {
      UnsafeMutableRawPointer(bitPattern: UInt(address))
    }
    var (alpha, beta, bias) = (alpha, beta, pointer(operands.bias))
    return state.withLock { state in
      let plan = state.plans[number]
      // A descriptor is read when the product is enqueued.
      if plan.shape.hasBias { set(plan.descriptor, 8, &bias, "bias") }
      let (a, b, c) = (pointer(operands.a), pointer(operands.b), pointer(operands.c))
      // The library's matrices are column-major: cᵀ = op(b)ᵀ · op(a)ᵀ.
      let status = plan.algorithm.withUnsafeBytes { algorithm in
        library.product(
          handle, plan.descriptor, &alpha, b, plan.b, a, plan.a, &beta, c, plan.c, c, plan.c, algorithm.baseAddress,
          pointer(workspace), Self.workspaceSize, device.stream)
      }
      return Self.failure(status, "a product of \(plan.shape)")
    }
  }

  /// From now on products of f32 read it as tf32, or no longer.
  func round(_ isWanted: Bool) {
    state.withLock { state in
      // Plans that were asked for stay what they are.
      if state.rounds != isWanted { state.numbers = [:] }
      state.rounds = isWanted
    }
  }

  /// A plan for a shape; nil where the library has no algorithm for it.
  private func make(_ shape: ProductShape, rounds: Bool) -> Plan? {
    let (operand, result) = (Self.type(shape.operand), Self.type(shape.result))
    var descriptor: CUDAHandle?
    // 68: products are computed in f32; 77: of f32 that is rounded to tf32.
    let compute: Int32 = rounds && shape.operand == .f32 ? 77 : 68
    Self.check(library.descriptorCreate(&descriptor, compute, Self.type(.f32)), "cublasLtMatmulDescCreate")
    var (first, second) = (Int32(shape.transposeB ? 1 : 0), Int32(shape.transposeA ? 1 : 0))
    set(descriptor, 3, &first, "transposition")
    set(descriptor, 4, &second, "transposition")
    if shape.hasBias {
      var (epilogue, type) = (Int32(4), result)
      set(descriptor, 7, &epilogue, "epilogue")
      set(descriptor, 26, &type, "type of the bias")
    }
    func layout(_ type: Int32, _ rows: Int, _ columns: Int, _ stride: Int, _ step: Int) -> CUDAHandle? {
      var layout: CUDAHandle?
      Self.check(
        library.layoutCreate(&layout, type, UInt64(columns), UInt64(rows), Int64(stride)), "cublasLtMatrixLayoutCreate")
      if shape.count > 1 {
        var (count, step) = (Int32(shape.count), Int64(step))
        Self.check(library.layoutSet(layout, 5, &count, 4), "batch count")
        Self.check(library.layoutSet(layout, 6, &step, 8), "batch step")
      }
      return layout
    }
    let (aRows, aColumns) = shape.transposeA ? (shape.k, shape.m) : (shape.m, shape.k)
    let (bRows, bColumns) = shape.transposeB ? (shape.n, shape.k) : (shape.k, shape.n)
    let a = layout(operand, aRows, aColumns, shape.strideA, shape.stepA)
    let b = layout(operand, bRows, bColumns, shape.strideB, shape.stepB)
    let c = layout(result, shape.m, shape.n, shape.strideC, shape.stepC)
    guard let algorithm = algorithm(shape, descriptor, a, b, c) else { return nil }
    return Plan(shape: shape, descriptor: descriptor, a: a, b: b, c: c, algorithm: algorithm)
  }

  /// The algorithm that the library thinks is the fastest; nil: it has none.
  private func algorithm(
    _ shape: ProductShape, _ descriptor: CUDAHandle?, _ a: CUDAHandle?, _ b: CUDAHandle?, _ c: CUDAHandle?
  ) -> [UInt64]? {
    var preference: CUDAHandle?
    Self.check(library.preferenceCreate(&preference), "cublasLtMatmulPreferenceCreate")
    defer { _ = library.preferenceDestroy(preference) }
    var space = UInt64(Self.workspaceSize)
    Self.check(library.preferenceSet(preference, 1, &space, 8), "workspace")
    for (attribute, alignment) in [
      (Int32(5), shape.alignmentB), (6, shape.alignmentA), (7, shape.alignmentC), (8, shape.alignmentC),
    ] {
      var value = UInt32(alignment)
      Self.check(library.preferenceSet(preference, attribute, &value, 4), "alignment")
    }
    // An answer is 96 bytes, of which the algorithm is the first 64.
    var (answer, found) = ([UInt64](repeating: 0, count: 12), Int32(0))
    let status = answer.withUnsafeMutableBytes {
      library.heuristic(handle, descriptor, b, a, c, c, preference, 1, $0.baseAddress!, &found)
    }
    return status == 0 && found > 0 ? Array(answer.prefix(8)) : nil
  }

  private func set<Value: BitwiseCopyable>(
    _ descriptor: CUDAHandle?, _ attribute: Int32, _ value: inout Value, _ what: String
  ) {
    Self.check(library.descriptorSet(descriptor, attribute, &value, MemoryLayout<Value>.size), what)
  }

  private static func type(_ dtype: DType) -> Int32 { dtype == .bf16 ? 14 : 0 }

  private static func check(_ status: Int32, _ what: @autoclosure () -> String) {
    if let failure = failure(status, what()) { CUDAFailure.end(failure) }
  }

  private static func failure(_ status: Int32, _ what: @autoclosure () -> String) -> String? {
    status == 0 ? nil : "cuBLASLt: \(what()) failed (\(status))"
  }
}
