package dev.lockstep.simulator.counters;

import dev.lockstep.device.Counter;
import dev.lockstep.ptx.Instruction;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What one execution of an instruction counts for, as far as its text alone tells.
 *
 * @param kind its class, counted by thread
 * @param perThread further counts of each thread
 * @param perWarp counts of each warp
 */
record Content(Counter kind, Map<Counter, Long> perThread, Map<Counter, Long> perWarp) {
  private static final Pattern SHAPE = Pattern.compile("m(\\d+)n(\\d+)k(\\d+)");

  static Content of(Instruction in) {
    Map<Counter, Long> perThread = new EnumMap<>(Counter.class);
    Map<Counter, Long> perWarp = new EnumMap<>(Counter.class);
    Counter kind = kind(in);
    Counter operation = floatOperation(in, kind);
    if (operation != null) {
      perThread.put(operation, isPair(in) ? 2L : 1L);
    }
    switch (in.opcode()) {
      case "bra", "brx" -> perWarp.put(Counter.BRANCHES, 1L);
      case "bar", "barrier" -> {
        if (!in.has("warp")) {
          perWarp.put(Counter.BARRIERS, 1L);
        }
      }
      case "rcp", "sqrt", "rsqrt", "ex2", "lg2", "sin", "cos", "tanh" ->
          perWarp.put(Counter.SPECIAL, 1L);
      case "ld", "ldu" -> {
        if (in.modifiers().stream().anyMatch(m -> m.startsWith("param") || m.equals("const"))) {
          perWarp.put(Counter.CONSTANT_LOADS, 1L);
        }
      }
      case "mma" -> tensor(in, perWarp);
      case "wmma" -> {
        if (in.has("mma")) {
          tensor(in, perWarp);
        }
      }
      default -> {}
    }
    return new Content(kind, perThread, perWarp);
  }

  /**
   * Adds what executions by warps count for.
   *
   * @param executions the slot that holds how many there were
   * @param lanes the slot that holds how many threads made them, guard true or not
   */
  void executed(int executions, int lanes, Terms to) {
    to.add(Counter.INSTRUCTIONS, executions, 1);
    to.add(Counter.THREAD_INSTRUCTIONS, lanes, 1);
    perWarp.forEach((counter, each) -> to.add(counter, executions, each));
  }

  /** Adds what threads count for whose guard was true, as many as a slot holds. */
  void done(int lanes, Terms to) {
    to.add(Counter.THREAD_INSTRUCTIONS_ON, lanes, 1);
    to.add(kind, lanes, 1);
    perThread.forEach((counter, each) -> to.add(counter, lanes, each));
  }

  private static void tensor(Instruction in, Map<Counter, Long> perWarp) {
    perWarp.put(Counter.TENSOR, 1L);
    for (String modifier : in.modifiers()) {
      Matcher shape = SHAPE.matcher(modifier);
      if (shape.matches()) {
        long operations = 2;
        for (int i = 1; i <= 3; i++) {
          operations *= Long.parseLong(shape.group(i));
        }
        boolean integer = in.has("s32");
        perWarp.put(integer ? Counter.TENSOR_INTEGER_OPS : Counter.TENSOR_FLOPS, operations);
      }
    }
  }

  private static Counter kind(Instruction in) {
    return switch (in.opcode()) {
      case "bra", "brx", "call", "ret", "exit", "trap", "brkpt" -> Counter.CONTROL;
      case "ld", "ldu", "st", "atom", "red", "cp", "ldmatrix", "stmatrix" -> Counter.MEMORY;
      case "prefetch", "prefetchu", "applypriority", "discard" -> Counter.MEMORY;
      case "wmma" -> in.has("mma") ? Counter.MISC : Counter.MEMORY;
      case "shfl", "vote", "match", "redux", "activemask", "elect", "movmatrix" ->
          Counter.INTER_THREAD;
      case "cvt" -> Counter.CONVERSION;
      case "mov", "selp", "slct", "cvta", "isspacep", "mma", "bar", "barrier" -> Counter.MISC;
      case "membar", "fence", "nanosleep", "alloca", "stacksave", "stackrestore" -> Counter.MISC;
      case "mbarrier", "griddepcontrol", "getctarank", "mapa", "pmevent", "setmaxnreg" ->
          Counter.MISC;
      default -> byType(in);
    };
  }

  /** What is computed with: {@code set} names the type of its result before. */
  private static Counter byType(Instruction in) {
    List<String> modifiers = in.modifiers();
    for (String modifier : in.opcode().equals("set") ? modifiers.reversed() : modifiers) {
      switch (modifier) {
        case "f32", "f32x2", "tf32" -> {
          return Counter.FP32;
        }
        case "f64" -> {
          return Counter.FP64;
        }
        case "f16", "f16x2", "bf16", "bf16x2" -> {
          return Counter.FP16;
        }
        default -> {}
      }
    }
    return Counter.INTEGER;
  }

  private static @Nullable Counter floatOperation(Instruction in, Counter kind) {
    int row =
        switch (kind) {
          case FP32 -> 0;
          case FP64 -> 1;
          case FP16 -> 2;
          default -> -1;
        };
    int column =
        switch (in.opcode()) {
          case "add", "sub" -> 0;
          case "mul" -> 1;
          case "fma", "mad" -> 2;
          default -> -1;
        };
    if (row < 0 || column < 0) {
      return null;
    }
    return Arrays.asList(Counter.values()).get(Counter.FADD.ordinal() + 3 * row + column);
  }

  private static boolean isPair(Instruction in) {
    return in.modifiers().stream().anyMatch(m -> m.endsWith("x2") && !m.equals("b8x2"));
  }
}
