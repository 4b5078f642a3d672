import CSystem
import SubCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A shared library of the system that the tool is linked with.
struct SystemLibrary {
  /// Its name in the report.
  let name: String
  /// A function of it: the file where the tool finds it is the one that it works with, whatever a system calls that.
  let function: String
  /// Debian's and Ubuntu's package with the headers.
  let package: String
  /// What does not work without it.
  let purpose: String
  /// Its version, where the function tells it.
  let version: (UnsafeMutableRawPointer) -> String?

  static var all: [SystemLibrary] {
    [
      SystemLibrary(
        name: "oneDNN", function: "dnnl_version", package: "libdnnl-dev", purpose: "every product",
        version: { Self.numbers($0).map { Self.oneDNN($0, builtFor: Processor.oneDNNMajor) } }),
      SystemLibrary(
        name: "zlib", function: "zlibVersion", package: "zlib1g-dev", purpose: "npz, pth and PNG files",
        version: Self.text),
      SystemLibrary(
        name: "libjpeg", function: "jpeg_std_error", package: "libjpeg-dev", purpose: "JPEG pictures",
        version: { _ in nil }),
      SystemLibrary(
        name: "libpng", function: "png_access_version_number", package: "libpng-dev", purpose: "PNG pictures",
        version: { Self.decimalVersion(Self.number($0)) }),
      SystemLibrary(
        name: "libwebp", function: "WebPGetDecoderVersion", package: "libwebp-dev", purpose: "WebP pictures",
        version: { Self.byteVersion(Self.number($0)) }),
    ]
  }

  /// The version and file of the library, or nil where the tool has none.
  func found() -> String? {
    guard let tool = dlopen(nil, RTLD_LAZY) else { return nil }
    defer { dlclose(tool) }
    guard let address = dlsym(tool, function), let path = sys_library_of(address) else { return nil }
    let file = String(cString: path).split(separator: "/").last ?? ""
    return [version(address), "(\(file))"].compactMap { $0 }.joined(separator: " ")
  }

  /// A version of oneDNN, and that it is none that the kernels work with.
  static func oneDNN(_ version: [Int32], builtFor major: Int) -> String {
    let text = version.map(String.init).joined(separator: ".")
    guard let loaded = version.first, loaded != major else { return text }
    return
      "\(text), but this program was built for oneDNN \(major): build it where the headers are of version \(loaded)"
  }

  /// What `const char *name(void)` says.
  private static func text(_ address: UnsafeMutableRawPointer) -> String? {
    typealias Function = @convention(c) () -> UnsafePointer<CChar>?
    return unsafeBitCast(address, to: Function.self)().map { String(cString: $0) }
  }

  /// What `uint32_t name(void)` says, or one of `int`.
  private static func number(_ address: UnsafeMutableRawPointer) -> UInt32 {
    typealias Function = @convention(c) () -> UInt32
    return unsafeBitCast(address, to: Function.self)()
  }

  /// The first three fields, all ints, of what `const dnnl_version_t *dnnl_version(void)` says.
  private static func numbers(_ address: UnsafeMutableRawPointer) -> [Int32]? {
    typealias Function = @convention(c) () -> UnsafePointer<Int32>?
    return unsafeBitCast(address, to: Function.self)().map { Array(UnsafeBufferPointer(start: $0, count: 3)) }
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
