#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A shared library of the system that the tool works with.
struct SystemLibrary {
  /// Its name in the report.
  let name: String
  /// The files it may be loaded from.
  let files: [String]
  /// Debian's package with the headers.
  let package: String
  /// What does not work without it.
  let purpose: String
  /// Its version, asked from the loaded library where it can tell.
  let version: (UnsafeMutableRawPointer) -> String?

  static var all: [SystemLibrary] {
    [
      SystemLibrary(
        name: "oneDNN", files: ["libdnnl.so.3", "libdnnl.so.2"], package: "libdnnl-dev", purpose: "every product",
        version: Self.dnnlVersion),
      SystemLibrary(
        name: "zlib", files: ["libz.so.1"], package: "zlib1g-dev", purpose: "npz, pth and PNG files",
        version: { Self.text("zlibVersion", in: $0) }),
      SystemLibrary(
        name: "libjpeg", files: ["libjpeg.so.62", "libjpeg.so.8"], package: "libjpeg-dev", purpose: "JPEG pictures",
        version: { _ in nil }),
      SystemLibrary(
        name: "libpng", files: ["libpng16.so.16"], package: "libpng-dev", purpose: "PNG pictures",
        version: { Self.number("png_access_version_number", in: $0).map(Self.decimalVersion) }),
      SystemLibrary(
        name: "libwebp", files: ["libwebp.so.7", "libwebp.so.6"], package: "libwebp-dev", purpose: "WebP pictures",
        version: { Self.number("WebPGetDecoderVersion", in: $0).map(Self.byteVersion) }),
    ]
  }

  /// The version and file of the library, or nil where it cannot be loaded.
  func found() -> String? {
    for file in files {
      guard let handle = dlopen(file, RTLD_LAZY) else { continue }
      defer { dlclose(handle) }
      return [version(handle), "(\(file))"].compactMap { $0 }.joined(separator: " ")
    }
    return nil
  }

  /// `const char *name(void)`.
  private static func text(_ symbol: String, in handle: UnsafeMutableRawPointer) -> String? {
    typealias Function = @convention(c) () -> UnsafePointer<CChar>?
    guard let address = dlsym(handle, symbol) else { return nil }
    return unsafeBitCast(address, to: Function.self)().map { String(cString: $0) }
  }

  /// `uint32_t name(void)`, or `int`.
  private static func number(_ symbol: String, in handle: UnsafeMutableRawPointer) -> UInt32? {
    typealias Function = @convention(c) () -> UInt32
    return dlsym(handle, symbol).map { unsafeBitCast($0, to: Function.self)() }
  }

  /// `const dnnl_version_t *dnnl_version(void)`, whose first three fields are ints.
  private static func dnnlVersion(_ handle: UnsafeMutableRawPointer) -> String? {
    typealias Function = @convention(c) () -> UnsafePointer<Int32>?
    guard let address = dlsym(handle, "dnnl_version"),
      let numbers = unsafeBitCast(address, to: Function.self)()
    else { return nil }
    return "\(numbers[0]).\(numbers[1]).\(numbers[2])"
  }

  /// libpng: 10639 is 1.6.39.
  private static func decimalVersion(_ number: UInt32) -> String {
    "\(number / 10_000).\(number / 100 % 100).\(number % 100)"
  }
  /// libwebp: 0x010204 is 1.2.4.
  private static func byteVersion(_ number: UInt32) -> String {
    "\(number >> 16 & 255).\(number >> 8 & 255).\(number & 255)"
  }
}
