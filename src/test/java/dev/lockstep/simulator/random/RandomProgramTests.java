package dev.lockstep.simulator.random;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.ExecutionTier;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Launch;
import dev.lockstep.device.Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Both tiers give what one thread at a time gives, bit for bit, NaNs of doubles apart. */
@Order(1) // takes long
class RandomProgramTests {
  /** Two blocks of two warps, the second of each not full. */
  private static final Launch LAUNCH = Launch.of(2, 50);

  private static final int THREADS = 100;
  private static final int BYTES = THREADS * ThreadState.BYTES;

  /** Values that are more than bits: ends of ranges, zeros, infinities, NaN, subnormals. */
  private static final int[] SINGLES = {
    0, 1 << 31, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00001, 1, 0x807fffff
  };

  @Test
  void programsOfASeed() {
    compare(0, 400);
  }

  @Test
  @Tag("sweep")
  void manyPrograms() {
    compare(1000, 10_000);
  }

  private static void compare(long firstSeed, int programs) {
    for (ExecutionTier tier :
        new ExecutionTier[] {ExecutionTier.INTERPRETED, ExecutionTier.COMPILED}) {
      DeviceOptions options = DeviceOptions.defaults().withThreads(1).withTier(tier);
      try (Device device = Devices.open("sim", options).device()) {
        for (long seed = firstSeed; seed < firstSeed + programs; seed++) {
          compare(device, seed, tier);
        }
      }
    }
  }

  private static void compare(Device device, long seed, ExecutionTier tier) {
    RandomProgram program = new RandomProgram(seed);
    String ptx = program.ptx();
    try (Arena arena = Arena.ofConfined();
        DeviceBuffer in = device.allocate(BYTES);
        DeviceBuffer out = device.allocate(BYTES);
        Stream stream = device.newStream();
        KernelModule module = device.load(KernelImage.ofPtx("random", ptx))) {
      MemorySegment host = arena.allocate(BYTES, 8);
      ThreadState[] threads = inputs(new Random(seed), host);
      stream.copyToDevice(in, 0, host);
      stream.launch(module.kernel("test"), LAUNCH, new KernelArgs().address(in, 0).address(out, 0));
      stream.copyToHost(host, out, 0);
      for (int thread = 0; thread < THREADS; thread++) {
        program.execute(threads[thread]);
        String where = "seed " + seed + ", " + tier + ", thread " + thread + "\n" + ptx;
        compare(threads[thread], host.asSlice((long) thread * ThreadState.BYTES), where);
      }
    }
  }

  private static ThreadState[] inputs(Random random, MemorySegment host) {
    ThreadState[] threads = new ThreadState[THREADS];
    for (int thread = 0; thread < THREADS; thread++) {
      ThreadState state = new ThreadState();
      long at = (long) thread * ThreadState.BYTES;
      for (int i = 0; i < ThreadState.COUNT; i++) {
        state.r[i] = random.nextBoolean() ? random.nextInt() : random.nextInt(70) - 3;
        boolean special = random.nextInt(4) == 0;
        state.f[i] =
            special
                ? Float.intBitsToFloat(SINGLES[random.nextInt(SINGLES.length)])
                : (float) random.nextGaussian();
        state.l[i] = random.nextBoolean() ? random.nextLong() : random.nextInt(100);
        state.d[i] = random.nextGaussian();
        host.set(ValueLayout.JAVA_INT, at + 4L * i, state.r[i]);
        host.set(ValueLayout.JAVA_INT, at + 24 + 4L * i, Float.floatToRawIntBits(state.f[i]));
        host.set(ValueLayout.JAVA_LONG, at + 48 + 8L * i, state.l[i]);
        host.set(ValueLayout.JAVA_DOUBLE, at + 96 + 8L * i, state.d[i]);
      }
      threads[thread] = state;
    }
    return threads;
  }

  private static void compare(ThreadState expected, MemorySegment got, String where) {
    for (int i = 0; i < ThreadState.COUNT; i++) {
      assertThat(got.get(ValueLayout.JAVA_INT, 4L * i))
          .as("%%r%d, %s", i, where)
          .isEqualTo(expected.r[i]);
      assertThat(got.get(ValueLayout.JAVA_INT, 24 + 4L * i))
          .as("%%f%d, %s", i, where)
          .isEqualTo(Float.floatToRawIntBits(expected.f[i]));
      assertThat(got.get(ValueLayout.JAVA_LONG, 48 + 8L * i))
          .as("%%l%d, %s", i, where)
          .isEqualTo(expected.l[i]);
      assertThat(got.get(ValueLayout.JAVA_DOUBLE, 96 + 8L * i))
          .as("%%d%d, %s", i, where)
          .isEqualTo(expected.d[i]);
    }
  }
}
