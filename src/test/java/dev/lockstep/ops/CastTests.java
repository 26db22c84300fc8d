package dev.lockstep.ops;

import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.HostTensor;
import dev.lockstep.tensor.Shape;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** Every 16-bit pattern widens exactly; fp32 patterns of all kinds round once, ties to even. */
abstract class CastTests extends OpTests {
  @Override
  Stream<OpCase> cases() {
    Stream<OpCase> widths =
        TYPES.stream()
            .flatMap(
                from ->
                    TYPES.stream()
                        .filter(to -> to != from)
                        .flatMap(to -> counts().map(count -> cast(from, to, count))));
    return Stream.concat(widths, TYPES.stream().flatMap(CastTests::fills));
  }

  /** One, odd, around a block's share, and every 16-bit pattern. */
  private static Stream<Integer> counts() {
    return Stream.of(1, 7, 2049, 1 << 16);
  }

  private static OpCase cast(DType from, DType to, int count) {
    double[] source = from == DType.F32 ? floats(count) : halves(from, count);
    return new OpCase(
            "%s to %s, %d".formatted(from.suffix(), to.suffix(), count),
            (ops, memory) ->
                ops.cast.cast(
                    ops.stream,
                    memory.output("target", to, count),
                    memory.input(from, source, count)))
        .exactly("target", Samples.rounded(to, source));
  }

  private static Stream<OpCase> fills(DType dtype) {
    return Stream.of(1f / 3, -0f, 1e-30f, 1e30f, Float.NaN, Float.NEGATIVE_INFINITY)
        .map(
            value -> {
              double[] expected = new double[1031];
              Arrays.fill(expected, dtype.round(value));
              return new OpCase(
                      "fill %s with %s".formatted(dtype.suffix(), value),
                      (ops, memory) ->
                          ops.fill.fill(
                              ops.stream, memory.output("target", dtype, expected.length), value))
                  .exactly("target", expected);
            });
  }

  /** All bit patterns in their order, as many as asked for. */
  private static double[] halves(DType dtype, int count) {
    try (HostTensor patterns = new HostTensor(dtype, Shape.of(count))) {
      for (int i = 0; i < count; i++) {
        patterns.segment().setAtIndex(ValueLayout.JAVA_SHORT, i, (short) i);
      }
      return patterns.toDoubles();
    }
  }

  /** Random bit patterns, and ties, and neighbours of ties, of both narrower types. */
  private static double[] floats(int count) {
    SplittableRandom random = new SplittableRandom(1);
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      int bits = random.nextInt();
      int tie =
          switch (i % 4) {
            case 0 -> bits;
            case 1 -> (bits & 0xffff0000) | 0x8000; // halfway between two bfloat16
            case 2 -> (bits & 0x83ffe000) | 0x38001000; // halfway between two binary16
            default -> (bits & 0x83ffe000) | 0x38001001; // just above that
          };
      values[i] = Float.intBitsToFloat(tie);
    }
    return values;
  }
}
