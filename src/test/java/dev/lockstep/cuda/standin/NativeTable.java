package dev.lockstep.cuda.standin;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/** The exports of a loaded stand-in library, as {@code native/standin.c} lays them out. */
final class NativeTable {
  private static final int POINTERS = 7;

  private final List<String> names;
  private final MemorySegment slots;
  private final MemorySegment refused;
  private final MemorySegment resolve;
  private final MethodHandle thread;
  private final MemorySegment nothing;
  private IntFunction<MemorySegment> resolver = index -> MemorySegment.NULL;

  /** Loads the library under its own name, so that whatever wants that name finds this one. */
  NativeTable(Path library) {
    MemorySegment table =
        SymbolLookup.libraryLookup(library.toAbsolutePath(), Arena.global())
            .find("lockstep_standin")
            .orElseThrow(() -> new IllegalArgumentException(library + " is no stand-in"))
            .reinterpret(POINTERS * ADDRESS.byteSize());
    int count = pointer(table, 0, JAVA_INT.byteSize()).get(JAVA_INT, 0);
    MemorySegment texts = pointer(table, 1, count * ADDRESS.byteSize());
    List<String> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(texts.getAtIndex(ADDRESS, i).reinterpret(Long.MAX_VALUE).getString(0));
    }
    names = List.copyOf(all);
    slots = pointer(table, 2, count * ADDRESS.byteSize());
    refused = pointer(table, 3, count * JAVA_LONG.byteSize());
    resolve = pointer(table, 4, ADDRESS.byteSize());
    thread =
        Linker.nativeLinker()
            .downcallHandle(table.getAtIndex(ADDRESS, 5), FunctionDescriptor.of(JAVA_LONG));
    nothing = table.getAtIndex(ADDRESS, 6);
  }

  private static MemorySegment pointer(MemorySegment table, int index, long bytes) {
    return table.getAtIndex(ADDRESS, index).reinterpret(bytes);
  }

  /** The exports, each at its number. */
  List<String> names() {
    return names;
  }

  /** Who is asked for the function behind an export when it is first called. */
  void resolveWith(IntFunction<MemorySegment> answers) {
    try {
      resolver = answers;
      MemorySegment stub =
          Linker.nativeLinker()
              .upcallStub(
                  MethodHandles.lookup()
                      .bind(this, "ask", MethodType.methodType(MemorySegment.class, int.class)),
                  FunctionDescriptor.of(ADDRESS, JAVA_INT),
                  Arena.global());
      resolve.set(ADDRESS, 0, stub);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError("the method is below", e);
    }
  }

  private MemorySegment ask(int index) {
    return resolver.apply(index);
  }

  /**
   * A number for the thread of the operating system that runs the caller, which is what the driver
   * knows a thread by: virtual threads change theirs.
   */
  long thread() {
    try {
      return (long) thread.invokeExact();
    } catch (Throwable e) {
      throw new AssertionError("a downcall does not throw", e);
    }
  }

  /**
   * Lets an export answer success without doing anything; what is run brings back what answered
   * before.
   */
  Runnable empty(String export) {
    int index = names.indexOf(export);
    MemorySegment before = slots.getAtIndex(ADDRESS, index);
    slots.setAtIndex(ADDRESS, index, nothing);
    return () -> slots.setAtIndex(ADDRESS, index, before);
  }

  /** How often each export was called that has no function. */
  Map<String, Long> refused() {
    Map<String, Long> counts = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      long count = refused.getAtIndex(JAVA_LONG, i);
      if (count > 0) {
        counts.put(names.get(i), count);
      }
    }
    return counts;
  }
}
