package dev.lockstep.cuda.standin;

import static java.lang.foreign.ValueLayout.ADDRESS_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import jcuda.driver.CUresult;

/** Names of codes, and what they mean in words: those of the name. */
final class ErrorFamily {
  private static final String PREFIX = "CUDA_ERROR_";

  private final Map<String, MemorySegment> texts = new ConcurrentHashMap<>();

  @Export("cuGetErrorName")
  int name(int code, MemorySegment text) {
    return answer(code, text, UnaryOperator.identity());
  }

  @Export("cuGetErrorString")
  int words(int code, MemorySegment text) {
    return answer(
        code,
        text,
        name ->
            name.replace(PREFIX, "")
                .replace("CUDA_", "")
                .replace('_', ' ')
                .toLowerCase(Locale.ROOT));
  }

  private int answer(int code, MemorySegment text, UnaryOperator<String> form) {
    String name = CUresult.stringFor(code);
    boolean known = name.startsWith("CUDA_");
    Host.at(text, Long.BYTES)
        .set(ADDRESS_UNALIGNED, 0, known ? constant(form.apply(name)) : MemorySegment.NULL);
    return known ? CUresult.CUDA_SUCCESS : CUresult.CUDA_ERROR_INVALID_VALUE;
  }

  private MemorySegment constant(String text) {
    return texts.computeIfAbsent(text, Arena.global()::allocateFrom);
  }
}
