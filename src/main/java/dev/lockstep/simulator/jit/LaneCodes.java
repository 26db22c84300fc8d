package dev.lockstep.simulator.jit;

import java.lang.invoke.MethodHandles;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * All {@link LaneCode}s there are. Kernels are full of pieces that differ in nothing but their
 * registers, and kernels of one source even more so: made once, such a piece is compiled to machine
 * code once. Those used longest ago are forgotten when there are many.
 */
final class LaneCodes {
  private static final int MOST = 4096;

  private final Map<Key, LaneCode> known =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, LaneCode> eldest) {
          return size() > MOST;
        }
      };

  /** Everything the behaviour of a class depends on. */
  private record Key(ByteBuffer bytes, List<List<Integer>> tables) {}

  /** The code of a class, made when it is the first of its kind. */
  synchronized LaneCode of(LaneClass generated) {
    List<List<Integer>> tables =
        generated.tables().stream().map(table -> Arrays.stream(table).boxed().toList()).toList();
    return known.computeIfAbsent(
        new Key(ByteBuffer.wrap(generated.bytes()), tables), key -> define(generated));
  }

  private static LaneCode define(LaneClass generated) {
    try {
      MethodHandles.Lookup lookup =
          MethodHandles.lookup()
              .defineHiddenClassWithClassData(generated.bytes(), generated.tables(), true);
      return (LaneCode) lookup.lookupClass().getConstructor().newInstance();
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("generated class", e);
    }
  }
}
