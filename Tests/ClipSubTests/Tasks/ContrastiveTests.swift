import SubCore
import SubNN
import Testing

/// The losses of MaskSub on a CLIP: a worked example, and open_clip's distillation loss taught by the main branch.
struct ContrastiveTests {
  private func unit(_ rows: [[Double]]) -> Tensor {
    Tensor(rows.flatMap { $0 }, [rows.count, rows[0].count], dtype: .f64, on: .reference).normalizedRows()
  }

  @Test func `The worked example of main and sub loss`() {
    let images = unit([[1, 0, 0.5], [0.2, 1, 0], [0, 0.3, 1]])
    let texts = unit([[0.9, 0.1, 0.4], [0, 1, 0.2], [0.1, 0.2, 1]])
    let masked = unit([[0.8, 0.3, 0.1], [0.5, 0.7, 0.2], [0.3, 0.1, 0.9]])
    let scale = Tensor([2.659260036932778], [], dtype: .f64, on: .reference)
    let similarities = { (images: Tensor) in
      Contrastive.Similarities(images: .init(images), texts: .init(texts), logScale: scale)
    }
    let (main, sub) = (similarities(images), similarities(masked))
    let expected = [
      [14.19798, 1.25294, 7.48176, 3.96214, 13.73626, 3.00755, 5.94353, 6.70876, 14.15468],
      [13.25257, 5.21098, 3.88958, 9.80376, 11.73734, 6.15637, 9.68163, 4.11171, 13.88386],
    ]
    for (logits, values) in zip([main, sub], expected) {
      for (a, b) in zip(logits.rows.doubles(), values) { #expect(abs(a - b) < 1e-5) }
    }
    #expect(abs(Contrastive.loss(main).item - 0.00076857) < 1e-7)
    let target = Contrastive.softTarget(of: main)
    #expect(abs(sub.rows.crossEntropy(.probabilities(target.rows)).item - 0.05736717) < 1e-7)
    #expect(abs(sub.columns.crossEntropy(.probabilities(target.columns)).item - 0.02706459) < 1e-7)
    #expect(abs(Contrastive.loss(sub, mimicking: target).item - 0.04221588) < 1e-7)
  }
}
