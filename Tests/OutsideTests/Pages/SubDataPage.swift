import SubCore
import SubData
import TestSupport
import Testing

extension LandingPages {
  @Test func `the example of SubData`() throws {
    let folder = TemporaryFolder()
    let path = folder["features.safetensors"]
    let features = HostArray([Float](repeating: 1, count: 6), shape: [2, 3])
    try Safetensors.write([("features", features)], to: path)
    let again = try Safetensors.open(path).array(named: "features")
    print(again.shape, again.floats() == features.floats())  // [2, 3] true
    #expect(again.shape == [2, 3] && again.floats() == features.floats())
  }
}
