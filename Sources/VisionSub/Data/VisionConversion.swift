public import SubCore
public import SubData
import SubNN

/// The tensors of a vision transformer under other names.
public struct VisionConversion {
  /// Whose names.
  public enum Names: String, Sendable, CaseIterable {
    case timm
    /// The authors' own: DeiT-III, MAE, BEiT v2, OpenAI's CLIP.
    case official
    /// Hugging Face's CLIP.
    case huggingFace = "hf"
    case openClip = "openclip"
  }

  /// The renamed tensors.
  public private(set) var tensors: [(name: String, array: HostArray)] = []
  /// Tensors that have no name there: text towers, for instance.
  public private(set) var dropped: [String] = []
  /// What was recognised, in words.
  public let description: String

  /// Renames the tensors of a file. Throws an `InputError` where it holds no vision transformer, or one that nobody calls
  /// by such names.
  public init(_ source: any NamedTensors, to names: Names) throws {
    let checkpoint = try VisionCheckpoint(source)
    description = checkpoint.description
    let own = checkpoint.naming
    let target = try Self.naming(names, of: checkpoint, at: source.place)
    var used: Set<String> = []
    for (name, _) in VisionTransformer(checkpoint.config).namedParameters() {
      let files = own.fileNames(of: name)
      guard files.allSatisfy({ source.contains($0) }) else { continue }
      used.formUnion(files)
      let array = try Self.joined(
        files.map { try source.array(named: $0) }, at: "\(source.place), tensor '\(files[0])'")
      tensors += Self.parts(array.reshaped(Self.shape(array.shape, of: name, target)), target.fileNames(of: name))
    }
    let staysAlike = Self.isFlat(own) == Self.isFlat(target)
    for name in source.names where !used.contains(name) {
      if staysAlike && !Self.isFlat(own) && name.hasPrefix(own.prefix) {
        tensors.append((String(name.dropFirst(own.prefix.count)), try source.array(named: name)))
      } else {
        dropped.append(name)
      }
    }
  }

  private static func naming(
    _ names: Names, of checkpoint: VisionCheckpoint, at place: String
  ) throws -> VisionNaming {
    let config = checkpoint.config
    switch names {
    case .timm: return VisionNaming(config.relativeBias == .none ? .timm : .beit)
    case .official where config.hasPreNorm: return VisionNaming(.clip, prefix: "visual.")
    case .official:
      return VisionNaming(config.relativeBias != .none ? .beit : config.layerScale != nil ? .deit : .timm)
    case .openClip where config.hasPreNorm: return VisionNaming(.clip, prefix: "visual.")
    case .huggingFace where config.hasPreNorm: return VisionNaming(.huggingFace, prefix: "vision_model.")
    case .openClip, .huggingFace:
      throw InputError(
        "only CLIP has names of this kind, and this is \(checkpoint.description)", at: place,
        cure: "use --names timm or --names official", isUsage: true)
    }
  }

  /// CLIP's files know no batch axis.
  private static func isFlat(_ naming: VisionNaming) -> Bool { naming.scheme == .clip || naming.scheme == .huggingFace }

  private static func shape(_ shape: [Int], of name: String, _ target: VisionNaming) -> [Int] {
    guard name == "cls_token" || name == "pos_embed" else { return shape }
    let bare = Array(shape.drop { $0 == 1 })
    if name == "cls_token" { return isFlat(target) ? bare : [1, 1] + bare }
    return isFlat(target) ? bare : [1] + bare
  }

  /// The rows of several tensors one behind the other.
  private static func joined(_ arrays: [HostArray], at place: String) throws -> HostArray {
    guard arrays.count > 1 else { return arrays[0] }
    guard arrays.allSatisfy({ $0.dtype == arrays[0].dtype && $0.shape == arrays[0].shape }), !arrays[0].shape.isEmpty
    else {
      throw InputError("query, key and value differ in type or shape", at: place, cure: "get the file again")
    }
    let buffer = HostBuffer(byteCount: arrays.reduce(0) { $0 + $1.byteCount }) { memory in
      var start = 0
      for array in arrays {
        array.withBytes { UnsafeMutableRawBufferPointer(rebasing: memory[start...]).copyMemory(from: $0) }
        start += array.byteCount
      }
    }
    let shape = [arrays[0].shape[0] * arrays.count] + arrays[0].shape.dropFirst()
    return HostArray(dtype: arrays[0].dtype, shape: shape, buffer: buffer)
  }

  /// The same rows as one tensor, or as three.
  private static func parts(_ array: HostArray, _ names: [String]) -> [(name: String, array: HostArray)] {
    guard names.count > 1 else { return [(names[0], array)] }
    let shape = [array.shape[0] / names.count] + array.shape.dropFirst()
    let length = array.byteCount / names.count
    return names.enumerated().map { part, name in
      (
        name,
        HostArray(dtype: array.dtype, shape: shape, buffer: array.buffer, byteOffset: array.byteOffset + part * length)
      )
    }
  }
}
