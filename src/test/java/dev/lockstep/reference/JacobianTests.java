package dev.lockstep.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.reference.Derivative.Reads;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Loops of a primitive's own against the list of its entries. */
class JacobianTests {
  private static final Random RANDOM = new Random(17);

  /**
   * @param sizes of the inputs
   */
  private record Case(String name, Jacobian jacobian, int outputs, int... sizes) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> cases() {
    int[] index = RANDOM.ints(40, 0, 15).toArray();
    return Stream.concat(
        // Single rows and columns; blocks of eight columns and four rows with rests; wide rows,
        // for which depths are taken four at a time; both gradients turn the product.
        Stream.of(
                new int[] {1, 1, 1},
                new int[] {3, 2, 5},
                new int[] {2, 3, 1},
                new int[] {1, 4, 7},
                new int[] {5, 5, 4},
                new int[] {7, 11, 3},
                new int[] {4, 16, 9},
                new int[] {6, 1, 6},
                new int[] {3, 8, 19},
                new int[] {8, 5, 32},
                new int[] {7, 5, 32},
                new int[] {9, 7, 37},
                new int[] {9, 33, 4},
                new int[] {33, 8, 40})
            .map(s -> product(s[0], s[1], s[2])),
        Stream.of(
            new Case("gather", new Primitives.Gather(index), 40, 15),
            new Case("map", new Elementwise.Map(random(9), Reads.INPUTS, x -> x * x + 1), 9, 9),
            new Case("sum", new Elementwise.Sum(9, 1, -0.7), 9, 9, 9),
            new Case("product", new Elementwise.Product(random(9), random(9)), 9, 9, 9)));
  }

  private static Case product(int m, int depth, int n) {
    return new Case(
        "%d × %d × %d".formatted(m, depth, n),
        new MatrixProduct(random(m * depth), random(depth * n), m, depth, n),
        m * n,
        m * depth,
        depth * n);
  }

  /** In the same order, so to the bit; sums begin at what is there already. */
  @ParameterizedTest
  @MethodSource("cases")
  void gradientsAreThoseOfTheEntries(Case each) {
    Jacobian entries = each.jacobian()::forEach;
    double[] upstream = random(each.outputs());
    for (boolean[] wanted : choices(each.sizes().length)) {
      double[] @Nullable [] start = chosen(each.sizes(), wanted);
      double[] @Nullable [] expected = copied(start);
      double[] @Nullable [] actual = copied(start);
      entries.pullBack(upstream, expected);
      each.jacobian().pullBack(upstream, actual);
      assertThat(actual).isDeepEqualTo(expected);
    }
  }

  /** Entries of several inputs mix, loops take one input after the other: sums of 66 terms. */
  @ParameterizedTest
  @MethodSource("cases")
  void tangentsAreThoseOfTheEntries(Case each) {
    Jacobian entries = each.jacobian()::forEach;
    double[] start = random(each.outputs());
    for (boolean[] moving : choices(each.sizes().length)) {
      double[] @Nullable [] directions = chosen(each.sizes(), moving);
      double[] expected = start.clone();
      double[] actual = start.clone();
      entries.pushForward(directions, expected);
      each.jacobian().pushForward(directions, actual);
      assertThat(actual).containsExactly(expected, within(2e-14));
      assertThat(actual).isNotEqualTo(start);
    }
  }

  private static boolean[][] choices(int inputs) {
    return inputs == 1
        ? new boolean[][] {{true}}
        : new boolean[][] {{true, true}, {true, false}, {false, true}};
  }

  private static double[] @Nullable [] chosen(int[] sizes, boolean[] choice) {
    double[] @Nullable [] arrays = new double[sizes.length][];
    for (int i = 0; i < sizes.length; i++) {
      arrays[i] = choice[i] ? random(sizes[i]) : null;
    }
    return arrays;
  }

  private static double[] @Nullable [] copied(double[] @Nullable [] arrays) {
    return Arrays.stream(arrays).map(a -> a == null ? null : a.clone()).toArray(double[][]::new);
  }

  private static double[] random(int count) {
    return RANDOM.doubles(count, -1, 1).toArray();
  }
}
