package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.HostTensor;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

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
    Stream<OpCase> fills = TYPES.stream().flatMap(CastTests::fills);
    Stream<OpCase> scales = TYPES.stream().flatMap(CastTests::scales);
    return Stream.concat(widths, Stream.concat(fills, scales));
  }

  @Override
  Stream<OpCase> gridCases() {
    return Stream.of(
        cast(DType.F32, DType.F16, 4100),
        cast(DType.BF16, DType.F32, 4100),
        scales(DType.F16).findFirst().orElseThrow());
  }

  /** By a factor in device memory, rounded once; unscaling by a power of two is exact. */
  private static Stream<OpCase> scales(DType dtype) {
    int n = 2051;
    double[] x = Samples.normal(6, n, dtype);
    x[0] = Double.NaN;
    x[n - 1] = Double.POSITIVE_INFINITY;
    float third = 1f / 3;
    double[] scaled = Arrays.stream(x).map(v -> dtype.round((float) v * third)).toArray();
    double[] unscaled = Arrays.stream(x).map(v -> dtype.round(v / 1024)).toArray();
    return Stream.of(
        new OpCase(
                "scale " + dtype.suffix(),
                (ops, memory) ->
                    ops.scaling.scale(
                        ops.stream, memory.updated("x", dtype, x, n), memory.scalar(third)))
            .exactly("x", scaled),
        new OpCase(
                "unscale " + dtype.suffix(),
                (ops, memory) ->
                    ops.scaling.unscale(
                        ops.stream, memory.updated("x", dtype, x, n), memory.scalar(1024)))
            .exactly("x", unscaled));
  }

  @Test
  void whatFp16CannotHoldBecomesInfinity() {
    double inf = Double.POSITIVE_INFINITY;
    double[] source = {65504, 65519.996, 65520, -65520, 3.4028234e38, -inf, 0x1p-25, -0x1.002p-25};
    OpCase op =
        new OpCase(
            "overflow",
            (ops, memory) -> {
              Tensor x = memory.input(DType.F32, source, source.length);
              ops.cast.cast(ops.stream, memory.output("half", DType.F16, source.length), x);
              ops.cast.cast(ops.stream, memory.output("brain", DType.BF16, source.length), x);
            });
    Map<String, GuardedMemory.Output> outputs = run(bench(), op, 0);
    assertThat(output(outputs, "half").values())
        .containsExactly(65504, 65504, inf, -inf, inf, -inf, 0, -0x1p-24);
    assertThat(output(outputs, "brain").values())
        .containsExactly(65536, 65536, 65536, -65536, inf, -inf, 0x1p-25, -0x1p-25);
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
