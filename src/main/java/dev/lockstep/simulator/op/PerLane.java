package dev.lockstep.simulator.op;

import static dev.lockstep.simulator.execution.Warp.LANES;

import dev.lockstep.simulator.intrinsic.HalfPairs;

/**
 * Makes a function of lanes from one of values. For instructions that are rare: the virtual machine
 * turns the loops of {@link FloatLanes} and its siblings into vector code, these not.
 */
public final class PerLane {
  private PerLane() {}

  /** float → float. */
  @FunctionalInterface
  public interface Float1 {
    float apply(float a);
  }

  /** (float, float) → float. */
  @FunctionalInterface
  public interface Float2 {
    float apply(float a, float b);
  }

  /** (float, float, float) → float. */
  @FunctionalInterface
  public interface Float3 {
    float apply(float a, float b, float c);
  }

  /** double → double. */
  @FunctionalInterface
  public interface Double1 {
    double apply(double a);
  }

  /** (double, double, double) → double. */
  @FunctionalInterface
  public interface Double3 {
    double apply(double a, double b, double c);
  }

  /** (double, double) → double. */
  @FunctionalInterface
  public interface Double2 {
    double apply(double a, double b);
  }

  /** int → int. */
  @FunctionalInterface
  public interface Int1 {
    int apply(int a);
  }

  /** (int, int) → int. */
  @FunctionalInterface
  public interface Int2 {
    int apply(int a, int b);
  }

  /** (int, int, int) → int. */
  @FunctionalInterface
  public interface Int3 {
    int apply(int a, int b, int c);
  }

  /** (int, int, int, int) → int. */
  @FunctionalInterface
  public interface Int4 {
    int apply(int a, int b, int c, int e);
  }

  /** long → long. */
  @FunctionalInterface
  public interface Long1 {
    long apply(long a);
  }

  /** (long, long) → long. */
  @FunctionalInterface
  public interface Long2 {
    long apply(long a, long b);
  }

  /** (long, long, long) → long. */
  @FunctionalInterface
  public interface Long3 {
    long apply(long a, long b, long c);
  }

  /** (long, int, int) → long. */
  @FunctionalInterface
  public interface LongField {
    long apply(long a, int start, int length);
  }

  /** (long, long, int, int) → long. */
  @FunctionalInterface
  public interface LongInsert {
    long apply(long a, long b, int start, int length);
  }

  /** long → int. */
  @FunctionalInterface
  public interface LongToInt {
    int apply(long a);
  }

  /** int → float. */
  @FunctionalInterface
  public interface IntToFloat {
    float apply(int a);
  }

  /** float → int. */
  @FunctionalInterface
  public interface FloatToInt {
    int apply(float a);
  }

  /** double → long. */
  @FunctionalInterface
  public interface DoubleToLong {
    long apply(double a);
  }

  /** double → float. */
  @FunctionalInterface
  public interface DoubleToFloat {
    float apply(double a);
  }

  /** long → float. */
  @FunctionalInterface
  public interface LongToFloat {
    float apply(long a);
  }

  /** long → double. */
  @FunctionalInterface
  public interface LongToDouble {
    double apply(long a);
  }

  /** double → int. */
  @FunctionalInterface
  public interface DoubleToInt {
    int apply(double a);
  }

  /** A property of a float. */
  @FunctionalInterface
  public interface FloatTest {
    boolean holds(float a);
  }

  /** A property of a double. */
  @FunctionalInterface
  public interface DoubleTest {
    boolean holds(double a);
  }

  /** Tests the first register alone. */
  public static Compare.Test<float[]> test(FloatTest property) {
    return (a, b) -> {
      int bits = 0;
      for (int i = 0; i < LANES; i++) {
        bits |= property.holds(a[i]) ? 1 << i : 0;
      }
      return bits;
    };
  }

  /** Tests the first register alone. */
  public static Compare.Test<double[]> test(DoubleTest property) {
    return (a, b) -> {
      int bits = 0;
      for (int i = 0; i < LANES; i++) {
        bits |= property.holds(a[i]) ? 1 << i : 0;
      }
      return bits;
    };
  }

  public static Lanes1.Function<float[], float[]> floats(Float1 f) {
    return (d, a) -> {
      for (int i = 0; i < LANES; i++) {
        d[i] = f.apply(a[i]);
      }
    };
  }

  public static Lanes2.Function<float[], float[], float[]> floats(Float2 f) {
    return (d, a, b) -> {
      for (int i = 0; i < LANES; i++) {
        d[i] = f.apply(a[i], b[i]);
      }
    };
  }

  public static Lanes3.Function<float[], float[], float[], float[]> floats(Float3 f) {
    return (d, a, b, c) -> {
      for (int i = 0; i < LANES; i++) {
        d[i] = f.apply(a[i], b[i], c[i]);
      }
    };
  }

  public static Lanes1.Function<double[], double[]> doubles(Double1 f) {
    return (d, a) -> {
      for (int i = 0; i < LANES; i++) {
        d[i] = f.apply(a[i]);
      }
    };
  }

  public static Lanes3.Function<double[], double[], double[], double[]> doubles(Double3 f) {
    return (d, a, b, c) -> {
      for (int i = 0; i < LANES; i++) {
        d[i] = f.apply(a[i], b[i], c[i]);
      }
    };
  }

  public static Lanes2.Function<double[], double[], double[]> doubles(Double2 f) {
    return (d, a, b) -> {
      for (int i = 0; i < LANES; i++) {
        d[i] = f.apply(a[i], b[i]);
      }
    };
  }

  public static Lanes1.Function<int[], int[]> ints(Int1 f) {
    return (d, a) -> {
      for (int i = 0; i < LANES; i++) {
        d[i] = f.apply(a[i]);
      }
    };
  }

  public static Lanes2.Function<int[], int[], int[]> ints(Int2 f) {
    return (d, a, b) -> {
      for (int i = 0; i < LANES; i++) {
        d[i] = f.apply(a[i], b[i]);
      }
    };
  }

  public static Lanes3.Function<int[], int[], int[], int[]> ints(Int3 f) {
    return (d, a, b, c) -> {
      for (int i = 0; i < LANES; i++) {
        d[i] = f.apply(a[i], b[i], c[i]);
      }
    };
  }

  public static Lanes4.Function<int[], int[], int[], int[], int[]> ints(Int4 f) {
    return (d, a, b, c, e) -> {
      for (int i = 0; i < LANES; i++) {
        d[i] = f.apply(a[i], b[i], c[i], e[i]);
      }
    };
  }

  public static Lanes1.Function<long[], long[]> longs(Long1 f) {
    return (d, a) -> {
      for (int i = 0; i < LANES; i++) {
        d[i] = f.apply(a[i]);
      }
    };
  }

  public static Lanes2.Function<long[], long[], long[]> longs(Long2 f) {
    return (d, a, b) -> {
      for (int i = 0; i < LANES; i++) {
        d[i] = f.apply(a[i], b[i]);
      }
    };
  }

  public static Lanes3.Function<long[], long[], long[], long[]> longs(Long3 f) {
    return (d, a, b, c) -> {
      for (int i = 0; i < LANES; i++) {
        d[i] = f.apply(a[i], b[i], c[i]);
      }
    };
  }

  public static Lanes3.Function<long[], long[], int[], int[]> longs(LongField f) {
    return (d, a, b, c) -> {
      for (int i = 0; i < LANES; i++) {
        d[i] = f.apply(a[i], b[i], c[i]);
      }
    };
  }

  public static Lanes4.Function<long[], long[], long[], int[], int[]> longs(LongInsert f) {
    return (d, a, b, c, e) -> {
      for (int i = 0; i < LANES; i++) {
        d[i] = f.apply(a[i], b[i], c[i], e[i]);
      }
    };
  }

  public static Lanes1.Function<int[], long[]> longToInt(LongToInt f) {
    return (d, a) -> {
      for (int i = 0; i < LANES; i++) {
        d[i] = f.apply(a[i]);
      }
    };
  }

  public static Lanes1.Function<int[], float[]> floatToInt(FloatToInt f) {
    return (d, a) -> {
      for (int i = 0; i < LANES; i++) {
        d[i] = f.apply(a[i]);
      }
    };
  }

  public static Lanes1.Function<float[], int[]> intToFloat(IntToFloat f) {
    return (d, a) -> {
      for (int i = 0; i < LANES; i++) {
        d[i] = f.apply(a[i]);
      }
    };
  }

  /** Each of two floats to 16 bits, packed: the first source goes to the upper half. */
  public static Lanes2.Function<int[], float[], float[]> floatsToPair(FloatToInt f) {
    return (d, a, b) -> {
      for (int i = 0; i < LANES; i++) {
        d[i] = HalfPairs.pack(f.apply(b[i]), f.apply(a[i]));
      }
    };
  }

  public static Lanes1.Function<long[], double[]> doubleToLong(DoubleToLong f) {
    return (d, a) -> {
      for (int i = 0; i < LANES; i++) {
        d[i] = f.apply(a[i]);
      }
    };
  }

  public static Lanes1.Function<float[], double[]> doubleToFloat(DoubleToFloat f) {
    return (d, a) -> {
      for (int i = 0; i < LANES; i++) {
        d[i] = f.apply(a[i]);
      }
    };
  }

  public static Lanes1.Function<float[], long[]> longToFloat(LongToFloat f) {
    return (d, a) -> {
      for (int i = 0; i < LANES; i++) {
        d[i] = f.apply(a[i]);
      }
    };
  }

  public static Lanes1.Function<double[], long[]> longToDouble(LongToDouble f) {
    return (d, a) -> {
      for (int i = 0; i < LANES; i++) {
        d[i] = f.apply(a[i]);
      }
    };
  }

  public static Lanes1.Function<int[], double[]> doubleToInt(DoubleToInt f) {
    return (d, a) -> {
      for (int i = 0; i < LANES; i++) {
        d[i] = f.apply(a[i]);
      }
    };
  }
}
