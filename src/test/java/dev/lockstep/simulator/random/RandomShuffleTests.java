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
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Code of shuffles, sums over warps, copies, comparisons, loads, stores and branches past a few:
 * generated code, which changes their order and takes many at once, gives what the interpreter
 * gives, bit for bit. Few registers, so that all is overwritten soon; values with many a NaN, whose
 * bits must come through copies, shuffles and memory unchanged and out of arithmetic as the one
 * that PTX has.
 */
@Order(1) // takes long
class RandomShuffleTests {
  private static final int REGISTERS = 5;
  private static final int THREADS = 64;

  /** Words of each thread in memory, to load and to store. */
  private static final int WORDS = 2 * REGISTERS;

  /** Kinds of statements, and the first of those that some lanes may execute alone. */
  private static final int KINDS = 14;

  private static final int FIRST_LANEWISE = 5;

  private static final int BYTES = THREADS * WORDS * Integer.BYTES;

  private static final int[] SPECIAL = {
    0x7fffffff, 0xffc00001, 0x7f800001, 0xff812345, 0x7f800000, 0xff800000, 0, 1 << 31, 1
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
    try (Device interpreter = device(ExecutionTier.INTERPRETED);
        Device compiled = device(ExecutionTier.COMPILED)) {
      for (long seed = firstSeed; seed < firstSeed + programs; seed++) {
        String ptx = ptx(new Random(seed));
        assertThat(run(compiled, ptx, seed))
            .as("seed %d%n%s", seed, ptx)
            .isEqualTo(run(interpreter, ptx, seed));
      }
    }
  }

  private static Device device(ExecutionTier tier) {
    return Devices.open("sim", DeviceOptions.defaults().withThreads(1).withTier(tier)).device();
  }

  private static int[] run(Device device, String ptx, long seed) {
    try (Arena arena = Arena.ofConfined();
        DeviceBuffer memory = device.allocate(BYTES);
        Stream stream = device.newStream();
        KernelModule module = device.load(KernelImage.ofPtx("random", ptx))) {
      Random random = new Random(seed);
      MemorySegment host = arena.allocate(BYTES, 8);
      for (int i = 0; i < THREADS * WORDS; i++) {
        int value =
            random.nextInt(8) == 0
                ? SPECIAL[random.nextInt(SPECIAL.length)]
                : Float.floatToRawIntBits((float) random.nextGaussian());
        host.setAtIndex(ValueLayout.JAVA_INT, i, value);
      }
      stream.copyToDevice(memory, 0, host);
      stream.launch(
          module.kernel("test"), Launch.of(1, THREADS), new KernelArgs().address(memory, 0));
      stream.copyToHost(host, memory, 0);
      return host.toArray(ValueLayout.JAVA_INT);
    }
  }

  private static String ptx(Random random) {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < REGISTERS; i++) {
      lines.add("ld.global.f32 %%f%d, [%%a+%d];".formatted(i, 4 * i));
      lines.add("ld.global.u32 %%r%d, [%%a+%d];".formatted(i, 4 * (i + REGISTERS)));
    }
    for (int i = 0; i < 12; i++) {
      if (random.nextInt(4) == 0) {
        // A branch that none, some or all lanes take; shuffles behind it would lack lanes.
        String predicate = random.nextBoolean() ? "%q" : "%s";
        lines.add("@" + (random.nextBoolean() ? "!" : "") + predicate + " bra L" + i + ";");
        for (int n = random.nextInt(1, 5); n > 0; n--) {
          statement(random.nextInt(FIRST_LANEWISE, KINDS), random, lines);
        }
        lines.add("L" + i + ":");
      } else {
        statement(random.nextInt(KINDS), random, lines);
      }
    }
    for (int i = 0; i < REGISTERS; i++) {
      lines.add("st.global.f32 [%%a+%d], %%f%d;".formatted(4 * i, i));
      lines.add("st.global.u32 [%%a+%d], %%r%d;".formatted(4 * (i + REGISTERS), i));
    }
    return """
    .version 8.0
    .target sm_80
    .address_size 64
    .visible .entry test(.param .u64 memory)
    {
    .reg .pred %p, %q, %s; .reg .f32 %f<5>; .reg .b32 %r<5>, %t; .reg .b64 %a, %w, %x;
    ld.param.u64 %a, [memory];
    mov.u32 %t, %tid.x;
    mul.wide.u32 %w, %t, 40;
    add.s64 %a, %a, %w;
    setp.lt.u32 %q, %t, 13;
    """
        + String.join("\n", lines)
        + "\nret;\n}\n";
  }

  /** The first kinds need all lanes. */
  private static void statement(int kind, Random random, List<String> lines) {
    String guard = random.nextInt(3) == 0 ? pick(random, List.of("@%q ", "@!%s ", "@%s ")) : "";
    switch (kind) {
      case 0 -> butterfly(random, lines);
      case 1 -> reduction(random, lines);
      case 2 -> lines.add(shuffle(random, any("r", random), any("r", random)));
      case 3 -> {
        lines.add(shuffle(random, any("r", random) + "|%p", any("f", random)));
        lines.add("@%p mov.b32 " + any("f", random) + ", " + any("r", random) + ";");
      }
      case 4 -> lines.add("vote.sync.ballot.b32 " + any("r", random) + ", %s, -1;");
      case 5 -> lines.add(guard + "mov.b32 " + any("r", random) + ", " + any("f", random) + ";");
      case 6 -> lines.add(guard + "mov.b32 " + any("f", random) + ", " + any("r", random) + ";");
      case 7 -> lines.add(guard + combination(random, any("f", random), any("f", random)));
      case 8 -> lines.add(guard + "st.global.f32 " + word(random) + ", %f0;");
      case 9 -> lines.add(guard + "ld.global.f32 " + any("f", random) + ", " + word(random) + ";");
      case 10 -> {
        String type = pick(random, List.of("f", "r"));
        String compare = pick(random, type.equals("f") ? COMPARE_FLOATS : COMPARE_INTS);
        lines.add(guard + compare + any(type, random) + ", " + any(type, random) + ";");
      }
      case 11 -> {
        String type = pick(random, List.of("f", "r"));
        String choice = type.equals("f") ? "selp.f32 " : "selp.b32 ";
        String both = any(type, random) + ", " + any(type, random);
        lines.add(guard + choice + any(type, random) + ", " + both + ", %s;");
      }
      case 12 -> {
        lines.add("mov.b64 %x, {" + any("r", random) + ", " + any("f", random) + "};");
        lines.add("mov.b64 {" + any("f", random) + ", " + any("r", random) + "}, %x;");
      }
      default -> {
        String both = any("r", random) + ", " + any("r", random);
        lines.add(guard + pick(random, INT) + any("r", random) + ", " + both + ";");
      }
    }
  }

  private static String word(Random random) {
    return "[%a+" + 4 * random.nextInt(WORDS) + "]";
  }

  /** What a compiler makes of a sum over a warp, now and then with a stage missing or doubled. */
  private static void butterfly(Random random, List<String> lines) {
    boolean floats = random.nextBoolean();
    String operation = floats ? pick(random, FLOAT) : pick(random, INT);
    String sum = any(floats ? "f" : "r", random);
    for (int distance = 16; distance > 0; distance /= 2) {
      int by = random.nextInt(12) == 0 ? random.nextInt(32) : distance;
      String bits = any("r", random);
      String moved = any("r", random);
      String other = floats ? any("f", random) : moved;
      String next = random.nextBoolean() ? sum : any(floats ? "f" : "r", random);
      lines.add("mov.b32 " + bits + ", " + sum + ";");
      lines.add("shfl.sync.bfly.b32 " + moved + "|%p, " + bits + ", " + by + ", 31, -1;");
      lines.add("mov.b32 " + other + ", " + moved + ";");
      boolean swapped = random.nextBoolean();
      lines.add(
          operation + next + ", " + (swapped ? other : sum) + ", " + (swapped ? sum : other) + ";");
      sum = next;
    }
  }

  /** Two sums side by side. */
  private static void reduction(Random random, List<String> lines) {
    String operation = pick(random, FLOAT);
    for (int distance = 16; distance > 0; distance /= 2) {
      for (int i = 0; i < 2; i++) {
        lines.add("mov.b32 %%r%d, %%f%d;".formatted(i, i));
        String mode = random.nextInt(4) == 0 ? "down" : "bfly";
        lines.add("shfl.sync.%s.b32 %%r%d, %%r%d, %d, 31, -1;".formatted(mode, i, i, distance));
        lines.add("mov.b32 %%f%d, %%r%d;".formatted(2 + i, i));
        lines.add(operation + "%%f%d, %%f%d, %%f%d;".formatted(i, i, 2 + i));
      }
    }
  }

  private static String shuffle(Random random, String to, String from) {
    String mode = pick(random, List.of("up", "down", "bfly", "idx"));
    String clamp = pick(random, List.of("31", "0", "7199", "15"));
    String members = random.nextInt(6) == 0 ? "0xffffffff" : "-1";
    return "shfl.sync.%s.b32 %s, %s, %d, %s, %s;"
        .formatted(mode, to, from, random.nextInt(32), clamp, members);
  }

  private static final List<String> FLOAT =
      List.of("add.f32 ", "mul.ftz.f32 ", "max.f32 ", "min.f32 ", "sub.f32 ", "max.NaN.f32 ");

  private static final List<String> INT =
      List.of("add.s32 ", "max.u32 ", "min.s32 ", "xor.b32 ", "sub.s32 ");

  private static final List<String> COMPARE_FLOATS =
      List.of("setp.lt.f32 %s, ", "setp.neu.f32 %s, ", "setp.ge.ftz.f32 %s, ");

  private static final List<String> COMPARE_INTS =
      List.of("setp.lt.u32 %s, ", "setp.eq.s32 %s, ", "setp.gt.s32 %s, ");

  private static String combination(Random random, String a, String b) {
    return pick(random, FLOAT) + any("f", random) + ", " + a + ", " + b + ";";
  }

  private static String pick(Random random, List<String> from) {
    return from.get(random.nextInt(from.size()));
  }

  private static String any(String file, Random random) {
    return "%" + file + random.nextInt(REGISTERS);
  }
}
