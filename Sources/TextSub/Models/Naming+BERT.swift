public import SubTrain

// How files name the tensors of a BERT.
extension Naming {
  /// transformers' names: with or without `bert.`, norms by their present or their old names (`gamma`, `beta`), in any mix.
  public static let bert = Naming(
    "hf", "Hugging Face's names",
    signatures: ["bert.", ""].map { ["\($0)encoder.layer.0.attention.self.query.weight"] },
    rules: [
      ("embeddings.word.*", "embeddings.word_embeddings.*"),
      ("embeddings.position.*", "embeddings.position_embeddings.*"),
      ("embeddings.type.*", "embeddings.token_type_embeddings.*"),
      ("blocks.*.attn.qkv.*", "encoder.layer.*.attention.self.{query,key,value}.*"),
      ("blocks.*.attn.proj.*", "encoder.layer.*.attention.output.dense.*"),
      ("blocks.*.mlp.fc1.*", "encoder.layer.*.intermediate.dense.*"),
      ("blocks.*.mlp.fc2.*", "encoder.layer.*.output.dense.*"), ("pooler.*", "pooler.dense.*"),
    ].map { Rule($0, "bert.\($1)", $1) }
      + [
        ("embeddings.norm", "embeddings.LayerNorm"), ("blocks.*.norm1", "encoder.layer.*.attention.output.LayerNorm"),
        ("blocks.*.norm2", "encoder.layer.*.output.LayerNorm"),
      ].flatMap { ours, theirs in
        [("weight", "gamma"), ("bias", "beta")].map { now, old in
          Rule(
            "\(ours).\(now)", "bert.\(theirs).\(now)", "\(theirs).\(now)", "bert.\(theirs).\(old)", "\(theirs).\(old)")
        }
      } + [Rule("head.*", "classifier.*")],
    known: [
      "cls.**", "bert.embeddings.position_ids", "embeddings.position_ids", "bert.embeddings.token_type_ids",
      "embeddings.token_type_ids",
    ])
}
