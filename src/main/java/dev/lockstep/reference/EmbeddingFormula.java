package dev.lockstep.reference;

/** Table lookup. */
public final class EmbeddingFormula {
  private EmbeddingFormula() {}

  /**
   * {@code y[i] = weight[ids[i]]}: weight {@code [vocabulary, dim]} → {@code [ids, dim]}. The
   * gradient of a row sums over all its uses.
   *
   * @throws IllegalArgumentException for an id outside the table
   */
  public static Variable lookup(Variable weight, int... ids) {
    int dim = weight.columns();
    int[] index = new int[ids.length * dim];
    for (int o = 0; o < index.length; o++) {
      int id = ids[o / dim];
      if (id < 0 || id >= weight.rows()) {
        throw new IllegalArgumentException(
            "id %d at place %d is outside a table of %d rows"
                .formatted(id, o / dim, weight.rows()));
      }
      index[o] = id * dim + o % dim;
    }
    return Primitives.gather(weight, index, ids.length, dim);
  }

  /**
   * Lookups of {@code context} consecutive ids set side by side: {@code [ids/context, context ·
   * dim]}.
   */
  public static Variable concatenated(Variable weight, int[] ids, int context) {
    Variable rows = lookup(weight, ids);
    return Views.reshape(rows, ids.length / context, context * weight.columns());
  }
}
