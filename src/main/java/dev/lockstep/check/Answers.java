package dev.lockstep.check;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What somebody computed for a {@link Problem}: {@code out.NAME} for outputs, {@code grad.NAME} for
 * the gradient of input NAME.
 */
final class Answers {
  private final Map<String, double[]> tensors = new LinkedHashMap<>();

  Answers out(String name, double... values) {
    return put("out." + name, values);
  }

  Answers grad(String name, double... values) {
    return put("grad." + name, values);
  }

  Answers put(String name, double... values) {
    if (tensors.put(name, values) != null) {
      throw new IllegalStateException("two answers for " + name);
    }
    return this;
  }

  boolean has(String name) {
    return tensors.containsKey(name);
  }

  double[] get(String name) {
    double[] values = tensors.get(name);
    if (values == null) {
      throw new IllegalArgumentException("no answer for " + name);
    }
    return values;
  }

  /** The largest finite magnitude of one tensor. */
  double maxAbs(String name) {
    return HostArray.maxAbs(get(name));
  }

  Map<String, double[]> tensors() {
    return Collections.unmodifiableMap(tensors);
  }
}
