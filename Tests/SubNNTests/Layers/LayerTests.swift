import SubCore
import SubNN
import Testing

/// Layers by themselves.
@Suite struct LayerTests {
  @Test func `an embedding gives the rows of indices of any shape`() {
    let table = Embedding(4, 2)
    let set = ParameterSet(table, on: .cpu, key: nil)
    table.weight.value.write(HostArray([0, 1, 2, 3, 4, 5, 6, 7] as [Float], shape: [4, 2]))
    let rows = table(Tensor(indices: [3, 1, 3, 0], on: .cpu).reshaped(2, 2))
    #expect(rows.shape == [2, 2, 2] && rows.floats() == [6, 7, 2, 3, 6, 7, 0, 1])
    let gradients = Gradients(set)
    rows.sum().backward(into: gradients)
    #expect(gradients.value(of: table.weight).floats() == [1, 1, 1, 1, 0, 0, 2, 2])
  }

  @Test func `a layer scale has a factor for every feature`() {
    let scale = LayerScale(2, start: 0.5)
    let set = ParameterSet(scale, on: .cpu, key: RandomKey(seed: 0))
    let y = scale(Tensor([1, 2, 3, 4], [2, 2], on: .cpu))
    #expect(y.shape == [2, 2] && y.floats() == [0.5, 1, 1.5, 2])
    let gradients = Gradients(set)
    y.sum().backward(into: gradients)
    #expect(gradients.value(of: scale.gamma).floats() == [4, 6])
  }
}
