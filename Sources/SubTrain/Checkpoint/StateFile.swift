import SubCore
import SubData
import SubNN

/// A part of a checkpoint in its file. Tensors have the names under which the model is published, behind their role:
/// `first.blocks.0.attn.qkv.weight`. How a model names and packs them here leaves no trace.
struct StateFile {
  private let path: String
  private let published: Naming

  /// The file of a part in a checkpoint's folder.
  init(_ part: String, in folder: String, _ published: Naming) {
    (path, self.published) = (FileSystem.join(folder, part + ".safetensors"), published)
  }

  func write(_ state: [StateArray]) throws {
    let names = WeightNames(published)
    try Safetensors.write(
      state.flatMap { piece -> [(name: String, array: HostArray)] in
        guard let tensor = piece.tensor else { return [(piece.role, piece.array)] }
        return names.tensors(tensor, piece.array).map { (Self.prefix(piece.role) + $0.name, $0.array) }
      }, to: path)
  }

  func restore(_ part: any Checkpointed) throws {
    let file = try Safetensors.open(path)
    try part.restore { role, tensor in
      guard let tensor else { return try file.array(named: role) }
      return try Weights(file, published, prefix: Self.prefix(role)).array(named: tensor)
    }
  }

  private static func prefix(_ role: String) -> String { role.isEmpty ? "" : role + "." }
}
