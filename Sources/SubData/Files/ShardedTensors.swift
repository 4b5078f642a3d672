public import SubCore

/// A checkpoint in several files with a Hugging Face style index (`*.index.json`), whose `weight_map` names the shard of
/// every tensor. Shards lie beside the index, nowhere else; opening reads their headers only.
public struct ShardedTensors: NamedTensors {
  public let place: String
  public let names: [String]
  public let remarks: [String]
  /// The files in the order in which the index first names them.
  let shards: [any NamedTensors]
  private let shardOf: [String: Int]

  /// Opens an index and the shards that it names, each by `open`. Throws an `InputError` naming the tensor where the two
  /// do not fit together.
  init(index path: String, open: (String) throws -> any NamedTensors) throws {
    let cure = "get the index and its shards again"
    guard let map = try JSON.read(path)["weight_map"]?.object else {
      throw InputError("the index has no weight_map", at: path, cure: cure)
    }
    place = path
    names = map.keys
    var shards: [any NamedTensors] = []
    var opened: [String: Int] = [:]
    var shardOf: [String: Int] = [:]
    for member in map.members {
      let tensor = "\(path), tensor '\(member.key)'"
      guard let shard = member.value.string else { throw InputError("it has no shard", at: tensor, cure: cure) }
      guard !shard.isEmpty, shard != ".", shard != "..", !shard.utf8.contains(UInt8(ascii: "/")),
        !shard.utf8.contains(0)
      else {
        throw InputError("its shard '\(shard)' is no plain file name", at: tensor, cure: "keep shards beside the index")
      }
      let number: Int
      if let known = opened[shard] {
        number = known
      } else {
        shards.append(try open(FileSystem.join(FileSystem.parent(path), shard)))
        number = shards.count - 1
        opened[shard] = number
      }
      guard shards[number].contains(member.key) else {
        throw InputError("its shard \(shard) does not hold it", at: tensor, cure: cure)
      }
      guard shardOf.updateValue(number, forKey: member.key) == nil else {
        throw InputError("another name differs only in its Unicode form", at: tensor, cure: cure)
      }
    }
    let unlisted = shards.flatMap(\.names).filter { shardOf[$0] == nil }
    remarks =
      shards.flatMap(\.remarks)
      + (unlisted.isEmpty
        ? []
        : [
          "\(unlisted.count) tensors of the shards are not in the index and are left out: "
            + unlisted.prefix(12).joined(separator: ", ")
        ])
    self.shards = shards
    self.shardOf = shardOf
  }

  public func info(named name: String) throws -> TensorInfo { try shard(of: name).info(named: name) }
  public func array(named name: String) throws -> HostArray { try shard(of: name).array(named: name) }

  private func shard(of name: String) throws -> any NamedTensors {
    guard let shard = shardOf[name] else { throw unknown(name) }
    return shards[shard]
  }
}
