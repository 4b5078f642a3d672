import SubCore

/// What the pictures and the links of a tar archive unpack to: where several members have one path, the last of them.
struct TarTree {
  private enum Node {
    /// A picture, by its number.
    case picture(Int)
    /// A folder, by its number.
    case folder(Int)
    /// A symbolic link, by the steps from the folder that it lies in; none for one that leads nowhere.
    case link([String]?)
  }
  /// The root first; every other one has a folder above it.
  private var folders: [(above: Int?, nodes: [String: Node])] = [(nil, [:])]

  /// Links that are followed at most to get from one to what it leads to, as Linux does.
  private static let mostLinks = 40
  /// Steps of a link at most: all the way up in the deepest tree, and all the way down.
  private static let mostSteps = 64

  /// The steps of a path; those that lead nowhere are left out.
  static func steps(_ path: String) -> [String] {
    path.split(separator: "/").map(String.init).filter { $0 != "." }
  }

  /// Adds a picture.
  mutating func add(_ picture: Int, at steps: [String]) { put(.picture(picture), steps) }

  /// Adds a link. A hard one is the picture that lies there by now.
  mutating func add(_ link: TarEntry.Link, at steps: [String]) {
    switch link {
    case .hard(let path):
      var links = 0
      guard case .picture(let number)? = follow(Self.steps(path), from: 0, &links) else {
        return put(.link(nil), steps)
      }
      put(.picture(number), steps)
    case .symbolic(let path):
      put(.link(path.isEmpty || path.hasPrefix("/") ? nil : Self.steps(path)), steps)
    }
  }

  /// All pictures with the steps to where they are found, links followed inside of the archive, and how many links lead to
  /// nothing in it. Throws an `InputError` where a link leads back up; `place` names the archive.
  func pictures(at place: String) throws -> (found: [(steps: [String], picture: Int)], lost: Int) {
    var (found, lost): ([(steps: [String], picture: Int)], Int) = ([], 0)
    func list(_ folder: Int, _ steps: [String], _ walk: inout FolderWalk) throws {
      let name = FileSystem.join(place, steps.joined(separator: "/"))
      try walk.enter(FolderWalk.Identity(device: 0, number: UInt64(folder)), called: name) { walk in
        for (name, node) in folders[folder].nodes.sorted(by: { $0.key < $1.key }) {
          var links = 0
          switch follow(node, from: folder, &links) {
          case .picture(let number): found.append((steps + [name], number))
          case .folder(let number): try list(number, steps + [name], &walk)
          case .link, nil: lost += 1
          }
        }
      }
    }
    var walk = FolderWalk()
    try list(0, [], &walk)
    return (found, lost)
  }

  private mutating func put(_ node: Node, _ steps: [String]) {
    var folder = 0
    for name in steps.dropLast() {
      if case .folder(let next)? = folders[folder].nodes[name] {
        folder = next
        continue
      }
      folders.append((folder, [:]))
      folders[folder].nodes[name] = .folder(folders.count - 1)
      folder = folders.count - 1
    }
    if let name = steps.last { folders[folder].nodes[name] = node }
  }

  /// The picture or the folder that steps lead to.
  private func follow(_ steps: [String], from start: Int, _ links: inout Int) -> Node? {
    guard steps.count <= Self.mostSteps else { return nil }
    var node = Node.folder(start)
    for step in steps {
      guard case .folder(let folder) = node else { return nil }
      let next: Node? = step == ".." ? folders[folder].above.map { .folder($0) } : folders[folder].nodes[step]
      guard let reached = next.flatMap({ follow($0, from: folder, &links) }) else { return nil }
      node = reached
    }
    return node
  }

  /// What a node of a folder leads to, if it is a link.
  private func follow(_ node: Node, from folder: Int, _ links: inout Int) -> Node? {
    guard case .link(let steps) = node else { return node }
    links += 1
    guard let steps, links <= Self.mostLinks else { return nil }
    return follow(steps, from: folder, &links)
  }
}
