import SubCore
import Testing

@testable import SubTool

/// The table of other tools' names leads to options that there are.
@Suite struct OtherNamesTests {
  @Test func `every name leads to an option, and its value is one`() {
    let commands = Tool.commands.map { (name: $0.name, form: CommandForm(of: $0.init())) }
    let all = Set(commands.flatMap { $0.form.options.map(\.spelling) })
    for spelling in OtherNames.spellings(of: all) {
      // Ours go before, so a name that every command has itself would never be looked up.
      #expect(!commands.allSatisfy { $0.form.option(spelling) != nil }, "\(spelling)")
      #expect(OtherNames.dashed(spelling) == spelling)
    }
    for (spelling, meaning) in OtherNames.table {
      switch meaning {
      case .same(let names):
        for name in names { #expect(all.contains(name), "\(spelling) is \(name)") }
      case .value(let name, let value):
        let option = commands.lazy.compactMap { $0.form.option(name) }.first
        #expect(option != nil && option?.accept(value, asDefault: false) == nil, "\(spelling) is \(name) \(value)")
      case .sameIn(let command, let name, else: let cure):
        #expect(commands.first { $0.name == command }?.form.option(name) != nil && !cure.isEmpty, "\(spelling)")
      case .side(let name): #expect(all.contains(name), "\(spelling) is \(name)")
      case .already(_, of: let name, butIn: let command, else: let cure):
        #expect(all.contains(name) && commands.contains { $0.name == command } && !cure.isEmpty, "\(spelling)")
      case .refused(let cure):
        #expect(!cure.isEmpty)
      }
    }
  }

  @Test func `values of other tools are values here`() {
    let forms = Tool.commands.map { CommandForm(of: $0.init()) }
    for (name, values) in OtherNames.values {
      let option = forms.lazy.compactMap { $0.option(name) }.first
      for value in values.values { #expect(option?.choices.isEmpty == true || option?.choices.contains(value) == true) }
    }
    #expect(OtherNames.value("AMP_BF16", of: "--precision") == "bf16")
    #expect(OtherNames.value("amp", of: "--precision") == "amp")
  }
}
