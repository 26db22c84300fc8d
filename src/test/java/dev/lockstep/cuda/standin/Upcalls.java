package dev.lockstep.cuda.standin;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Functions C can call, made from methods marked {@link Export} when they are first called: a stub
 * takes milliseconds and most processes need few.
 */
final class Upcalls {
  private record Call(Object family, Method method) {}

  private final Map<String, Call> calls = new LinkedHashMap<>();
  private final CallLog log;
  private final Gate.Codes codes;

  /**
   * @param codes what the library answers when a call does not succeed
   * @param families objects whose marked methods are the calls
   */
  Upcalls(CallLog log, Gate.Codes codes, List<Object> families) {
    this.log = log;
    this.codes = codes;
    for (Object family : families) {
      for (Method method : family.getClass().getDeclaredMethods()) {
        Export export = method.getAnnotation(Export.class);
        if (export != null) {
          for (String name : export.value()) {
            if (calls.put(name, new Call(family, method)) != null) {
              throw new IllegalStateException("two methods stand for " + name);
            }
          }
        }
      }
    }
  }

  /** All exports that have a method. */
  Set<String> names() {
    return calls.keySet();
  }

  /** Answers the first calls of a library's exports. */
  void bindTo(NativeTable table) {
    List<String> names = table.names();
    if (!names.containsAll(calls.keySet())) {
      throw new IllegalStateException("the library lacks some of " + calls.keySet());
    }
    table.resolveWith(index -> stub(names.get(index)));
  }

  private synchronized MemorySegment stub(String export) {
    Call call = calls.get(export);
    if (call == null) {
      return MemorySegment.NULL;
    }
    try {
      MethodHandle method = MethodHandles.lookup().unreflect(call.method).bindTo(call.family);
      MemoryLayout[] parameters =
          Arrays.stream(call.method.getParameterTypes())
              .map(Upcalls::layout)
              .toArray(MemoryLayout[]::new);
      return Linker.nativeLinker()
          .upcallStub(
              new Gate(export, log, codes).before(method),
              FunctionDescriptor.of(JAVA_INT, parameters),
              Arena.global());
    } catch (Throwable e) {
      log.defect(e);
      return MemorySegment.NULL;
    }
  }

  private static MemoryLayout layout(Class<?> type) {
    @Nullable MemoryLayout layout =
        Map.<Class<?>, MemoryLayout>of(
                int.class, JAVA_INT,
                long.class, JAVA_LONG,
                short.class, JAVA_SHORT,
                byte.class, JAVA_BYTE,
                MemorySegment.class, ADDRESS)
            .get(type);
    if (layout == null) {
      throw new IllegalArgumentException("no C type for " + type);
    }
    return layout;
  }
}
