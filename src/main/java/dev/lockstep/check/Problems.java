package dev.lockstep.check;

import dev.lockstep.numeric.DType;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/**
 * Makes up a {@link Problem}: random numbers seeded by the problem's name, so that the same name is
 * always the same problem, rounded to its storage type.
 */
final class Problems {
  /** Attribute: put every tensor one element past an aligned address. */
  static final String MISALIGNED = "misaligned";

  private final String op;
  private final DType dtype;
  private final String name;
  private final Random random;
  private final Map<String, Object> attributes = new LinkedHashMap<>();
  private final Map<String, HostArray> inputs = new LinkedHashMap<>();
  private final Map<String, HostArray> upstream = new LinkedHashMap<>();

  /**
   * @param variant what tells this problem from the others of its op
   */
  Problems(String op, DType dtype, String variant) {
    this.op = op;
    this.dtype = dtype;
    this.name = op + "_" + variant + "_" + dtype.suffix();
    this.random = new Random(name.hashCode());
  }

  Problems with(String attribute, Object value) {
    attributes.put(attribute, value);
    return this;
  }

  /** An input of normally distributed numbers. */
  Problems normal(String input, double deviation, int... shape) {
    return input(input, new HostArray(normals(deviation, shape), shape));
  }

  /** An input of numbers near 1, as norm weights are. */
  Problems nearOne(String input, int... shape) {
    double[] values = Arrays.stream(normals(0.25, shape)).map(value -> 1 + value).toArray();
    return input(input, new HostArray(values, shape));
  }

  /** Adds the same number to every element of an input. */
  Problems shifted(String input, double offset) {
    HostArray before = Objects.requireNonNull(inputs.get(input));
    double[] values = Arrays.stream(before.values()).map(value -> value + offset).toArray();
    return input(input, new HostArray(values, before.shape()));
  }

  /** An input of given numbers, rounded to the storage type. */
  Problems input(String input, HostArray values) {
    inputs.put(input, values.rounded(dtype));
    return this;
  }

  /** An input kept in another type than the problem's. */
  Problems exactInput(String input, HostArray values) {
    inputs.put(input, values);
    return this;
  }

  /** An input of whole numbers from 0 to {@code below} − 1. */
  Problems indices(String input, int below, int... shape) {
    int[] values = random.ints(product(shape), 0, below).toArray();
    inputs.put(input, HostArray.of(values, shape));
    return this;
  }

  /** A normally distributed gradient of an output. */
  Problems upstream(String output, int... shape) {
    upstream.put(output, new HostArray(normals(1, shape), shape).rounded(dtype));
    return this;
  }

  /** A given gradient of an output. */
  Problems upstream(String output, HostArray values) {
    upstream.put(output, values);
    return this;
  }

  Problem build() {
    return new Problem(name, op, dtype, new Attributes(attributes), inputs, upstream);
  }

  private double[] normals(double deviation, int... shape) {
    double[] values = new double[product(shape)];
    for (int i = 0; i < values.length; i++) {
      values[i] = deviation * random.nextGaussian();
    }
    return values;
  }

  private static int product(int... shape) {
    return Arrays.stream(shape).reduce(1, Math::multiplyExact);
  }
}
