package dev.lockstep.simulator;

import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/** Functions and calls for tests, written as nvcc writes them: one argument, one result. */
final class Functions {
  private Functions() {}

  /** A call with the number of a 32-bit register, and one for the result. */
  static String call(int argument, String function, int result) {
    return ("{ .param .b32 a; st.param.b32 [a], %%r%d; .param .b32 r; call.uni (r), %s, (a);"
            + " ld.param.b32 %%r%d, [r]; }\n")
        .formatted(argument, function, result);
  }

  /** Code that stores what a function returns for %r1, which {@code prepare} sets. */
  static String callAndStore(String prepare, String function) {
    return prepare + call(1, function, 2) + "st.global.u32 [%mine], %r2;";
  }

  /** A function that does something to %x. */
  static String simple(String name, String code) {
    return (".func (.param .b32 r) %s(.param .b32 n) { .reg .b32 %%x; ld.param.b32 %%x, [n]; %s"
            + " st.param.b32 [r], %%x; ret; } ")
        .formatted(name, code);
  }

  /** What each thread is to have. */
  static int[] expected(int threads, IntUnaryOperator f) {
    return IntStream.range(0, threads).map(f).toArray();
  }
}
