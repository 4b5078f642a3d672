/// cuBLASLt's entry points.
struct ProductLibrary: Sendable {
  typealias Status = Int32

  let file: String
  let version: Int
  let create: @convention(c) (UnsafeMutablePointer<CUDAHandle?>) -> Status
  let descriptorCreate: @convention(c) (UnsafeMutablePointer<CUDAHandle?>, Int32, Int32) -> Status
  let descriptorSet: @convention(c) (CUDAHandle?, Int32, UnsafeRawPointer, Int) -> Status
  let layoutCreate: @convention(c) (UnsafeMutablePointer<CUDAHandle?>, Int32, UInt64, UInt64, Int64) -> Status
  let layoutSet: @convention(c) (CUDAHandle?, Int32, UnsafeRawPointer, Int) -> Status
  let preferenceCreate: @convention(c) (UnsafeMutablePointer<CUDAHandle?>) -> Status
  let preferenceDestroy: @convention(c) (CUDAHandle?) -> Status
  let preferenceSet: @convention(c) (CUDAHandle?, Int32, UnsafeRawPointer, Int) -> Status
  let heuristic:
    @convention(c) (
      CUDAHandle?, CUDAHandle?, CUDAHandle?, CUDAHandle?, CUDAHandle?, CUDAHandle?, CUDAHandle?, Int32,
      UnsafeMutableRawPointer, UnsafeMutablePointer<Int32>
    ) -> Status
  let product:
    @convention(c) (
      CUDAHandle?, CUDAHandle?, UnsafeRawPointer, UnsafeRawPointer?, CUDAHandle?, UnsafeRawPointer?, CUDAHandle?,
      UnsafeRawPointer, UnsafeRawPointer?, CUDAHandle?, UnsafeMutableRawPointer?, CUDAHandle?, UnsafeRawPointer?,
      UnsafeMutableRawPointer?, Int, CUDAHandle?
    ) -> Status

  /// The library; nil where it is not installed.
  static let shared: ProductLibrary? = ProductLibrary()

  private init?() {
    for major in [13, 12] {
      guard let library = CUDALibrary("libcublasLt.so.\(major)") else { continue }
      func load<Function>(_ name: String, _ type: Function.Type = Function.self) -> Function {
        guard let function = library.function(name, as: type) else {
          preconditionFailure("\(library.file) has no \(name)")
        }
        return function
      }
      file = library.file
      let ask: (@convention(c) () -> Int)? = library.function("cublasLtGetVersion")
      version = ask?() ?? major * 10000
      create = load("cublasLtCreate")
      descriptorCreate = load("cublasLtMatmulDescCreate")
      descriptorSet = load("cublasLtMatmulDescSetAttribute")
      layoutCreate = load("cublasLtMatrixLayoutCreate")
      layoutSet = load("cublasLtMatrixLayoutSetAttribute")
      preferenceCreate = load("cublasLtMatmulPreferenceCreate")
      preferenceDestroy = load("cublasLtMatmulPreferenceDestroy")
      preferenceSet = load("cublasLtMatmulPreferenceSetAttribute")
      heuristic = load("cublasLtMatmulAlgoGetHeuristic")
      product = load("cublasLtMatmul")
      return
    }
    return nil
  }
}
