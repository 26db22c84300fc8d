package dev.lockstep.simulator;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.Launch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * The work of {@code bench/kernels/irregular.cu}, a constant for each kernel. Inputs and results
 * are words of 32 bits, floats by their bits.
 */
public enum IrregularKernels implements WatchedKernel {
  GATHER_1(
      Launch.of(1024, 256),
      () -> words(random(1 << 20)),
      in -> IrregularResults.gather(in[0], new int[1 << 18], 1)),
  GATHER_8(
      Launch.of(1024, 256),
      () -> words(random(1 << 20)),
      in -> IrregularResults.gather(in[0], new int[1 << 18], 8)),
  SPARSE_ROWS(
      Launch.of(256, 256), IrregularKernels::matrixAndVector, IrregularResults::sparseProduct),
  ROOTS(Launch.of(256, 256), () -> words(forest(1 << 16)), in -> IrregularResults.roots(in[0])),
  COLLATZ(Launch.of(64, 256), () -> words(), in -> IrregularResults.collatz(1 << 14)),
  CRC(
      Launch.of(256, 256),
      () -> words(crcTable(), random(4 << 16)),
      in -> IrregularResults.crc(in[1])),
  CRC_SHARED(
      Launch.of(256, 256),
      () -> words(crcTable(), random(4 << 16)),
      in -> IrregularResults.crc(in[1])),
  HARMONICS(
      Launch.of(256, 256), () -> words(random(1 << 20)), in -> IrregularResults.harmonics(in[0])),
  HADAMARD(
      Launch.of(128, 256), () -> words(random(1 << 16)), in -> IrregularResults.hadamard(in[0])),
  HISTOGRAM(
      Launch.of(256, 256), () -> words(random(1 << 20)), in -> IrregularResults.histogram(in[0])),
  NIBBLES(Launch.of(64, 256), () -> words(random(8 << 14)), in -> IrregularResults.nibbles(in[0])),
  TRANSPOSE(
      new Launch(new Dim3(32, 32, 1), new Dim3(32, 8, 1), 0),
      () -> words(random(1 << 20)),
      in -> IrregularResults.transpose(in[0])),
  BITONIC(Launch.of(128, 256), () -> words(random(1 << 15)), in -> IrregularResults.sort(in[0])),
  ATTENTION(
      Launch.of(8, 64),
      () -> words(normal(512 * 32), normal(256 * 32), normal(256 * 32)),
      IrregularResults::attention) {
    @Override
    boolean agree(int found, int expected) {
      return Math.abs(Float.intBitsToFloat(found) - Float.intBitsToFloat(expected)) <= 1e-5f;
    }
  };

  private final Launch launch;
  private final Supplier<int[][]> inputs;
  private final Function<int[][], int[]> plainJava;

  IrregularKernels(Launch launch, Supplier<int[][]> inputs, Function<int[][], int[]> plainJava) {
    this.launch = launch;
    this.inputs = inputs;
    this.plainJava = plainJava;
  }

  @Override
  public String file() {
    return "irregular";
  }

  @Override
  public String entry() {
    return name().toLowerCase(Locale.ROOT);
  }

  @Override
  public Launch launch() {
    return launch;
  }

  @Override
  public List<MemorySegment> inputs() {
    return Arrays.stream(inputs.get()).map(MemorySegment::ofArray).toList();
  }

  @Override
  public long resultBytes() {
    return 4L * results().length;
  }

  @Override
  public void arguments(KernelArgs args, List<DeviceBuffer> inputs, DeviceBuffer result) {
    inputs.forEach(input -> args.address(input, 0));
    args.address(result, 0);
  }

  @Override
  public void check(MemorySegment result) {
    int[] expected = results();
    for (int i = 0; i < expected.length; i++) {
      int found = result.getAtIndex(ValueLayout.JAVA_INT, i);
      if (!agree(found, expected[i])) {
        throw new IllegalStateException(
            "%s[%d] is %08x, plain Java says %08x".formatted(this, i, found, expected[i]));
      }
    }
  }

  private int[] results() {
    return plainJava.apply(inputs.get());
  }

  boolean agree(int found, int expected) {
    return found == expected;
  }

  private static int[][] words(int[]... inputs) {
    return inputs;
  }

  /** Not negative, so that they sort the same with a sign and without. */
  private static int[] random(int count) {
    return new Random(count).ints(count, 0, Integer.MAX_VALUE).toArray();
  }

  private static int[] normal(int count) {
    Random random = new Random(count);
    return IntStream.generate(() -> bits((float) random.nextGaussian())).limit(count).toArray();
  }

  /** Where rows of 0 to 15 elements start, their columns and values; and a vector. */
  private static int[][] matrixAndVector() {
    Random random = new Random(1);
    int[] starts = new int[(1 << 16) + 1];
    for (int row = 0; row < 1 << 16; row++) {
      starts[row + 1] = starts[row] + random.nextInt(16);
    }
    int elements = starts[1 << 16];
    // Whole numbers so small that no sum is rounded.
    return words(
        starts,
        random.ints(elements, 0, 1 << 16).toArray(),
        random.ints(elements, -9, 10).map(IrregularKernels::bits).toArray(),
        random.ints(1 << 16, 0, 256).map(IrregularKernels::bits).toArray());
  }

  /** The parent of each node: an earlier one, or itself for a root. */
  private static int[] forest(int nodes) {
    Random random = new Random(nodes);
    int[] parents = new int[nodes];
    for (int node = 0; node < nodes; node++) {
      parents[node] = random.nextInt(node + 1);
    }
    return parents;
  }

  /** The remainders of each byte, lowest bit first, of the polynomial of Ethernet and zip. */
  private static int[] crcTable() {
    int[] table = new int[256];
    for (int i = 0; i < 256; i++) {
      table[i] = i;
      for (int bit = 0; bit < 8; bit++) {
        table[i] = table[i] >>> 1 ^ -(table[i] & 1) & 0xEDB88320;
      }
    }
    return table;
  }

  private static int bits(float value) {
    return Float.floatToRawIntBits(value);
  }
}
