/// Where structs of C have bytes that belong to no member, so that whatever happened to lie there is in them.
enum ArgumentGaps {
  /// Of a struct of its type, those inside other structs too, in their order.
  static func of<Arguments>(_ arguments: Arguments) -> [Range<Int>] {
    var (gaps, end): ([Range<Int>], Int) = ([], 0)
    for member in Mirror(reflecting: arguments).children {
      let layout = layout(of: member.value)
      let start = (end + layout.alignment - 1) / layout.alignment * layout.alignment
      if start > end { gaps.append(end..<start) }
      gaps += layout.gaps.map { $0.lowerBound + start..<$0.upperBound + start }
      end = start + layout.size
    }
    precondition(end > 0 && end <= MemoryLayout<Arguments>.size, "cuda: \(Arguments.self) shows no members")
    if end < MemoryLayout<Arguments>.size { gaps.append(end..<MemoryLayout<Arguments>.size) }
    return gaps
  }

  private static func layout(of member: Any) -> (size: Int, alignment: Int, gaps: [Range<Int>]) {
    func open<Member>(_ member: Member) -> (size: Int, alignment: Int, gaps: [Range<Int>]) {
      // Numbers and pointers have no members of C's.
      let isStruct = String(reflecting: Member.self).hasPrefix("__C.")
      return (MemoryLayout<Member>.size, MemoryLayout<Member>.alignment, isStruct ? of(member) : [])
    }
    return _openExistential(member, do: open)
  }
}
