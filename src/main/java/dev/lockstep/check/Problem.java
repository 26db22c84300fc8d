package dev.lockstep.check;

import dev.lockstep.numeric.DType;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One thing to compute: the reference, the device and PyTorch each give their answer to it.
 *
 * @param dtype storage type on the device; every floating input is exactly representable in it
 * @param inputs by name, parameters and targets included
 * @param upstream gradient of each output that has one
 */
record Problem(
    String name,
    String op,
    DType dtype,
    Attributes attributes,
    Map<String, HostArray> inputs,
    Map<String, HostArray> upstream) {
  Problem {
    inputs = Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
    upstream = Collections.unmodifiableMap(new LinkedHashMap<>(upstream));
  }

  HostArray input(String input) {
    return find(inputs, input, "input");
  }

  @Nullable HostArray optionalInput(String input) {
    return inputs.get(input);
  }

  HostArray upstream(String output) {
    return find(upstream, output, "upstream gradient");
  }

  private HostArray find(Map<String, HostArray> arrays, String wanted, String what) {
    HostArray found = arrays.get(wanted);
    if (found == null) {
      throw new IllegalArgumentException("case " + name + " has no " + what + " " + wanted);
    }
    return found;
  }
}
