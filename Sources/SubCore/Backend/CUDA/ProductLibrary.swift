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
    guard let driver = CUDADriver.shared, let library = CUDALibrary("libcublasLt.so", majors: driver.majors) else {
      return nil
    }
    let askVersion: @convention(c) () -> Int = library.required("cublasLtGetVersion")
    (file, version) = (library.file, askVersion())
    create = library.required("cublasLtCreate")
    descriptorCreate = library.required("cublasLtMatmulDescCreate")
    descriptorSet = library.required("cublasLtMatmulDescSetAttribute")
    layoutCreate = library.required("cublasLtMatrixLayoutCreate")
    layoutSet = library.required("cublasLtMatrixLayoutSetAttribute")
    preferenceCreate = library.required("cublasLtMatmulPreferenceCreate")
    preferenceDestroy = library.required("cublasLtMatmulPreferenceDestroy")
    preferenceSet = library.required("cublasLtMatmulPreferenceSetAttribute")
    heuristic = library.required("cublasLtMatmulAlgoGetHeuristic")
    product = library.required("cublasLtMatmul")
  }
}
