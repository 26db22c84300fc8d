package dev.lockstep.simulator;

import dev.lockstep.ptx.PtxParser;
import dev.lockstep.simulator.lowering.CodeOptions;
import java.lang.ref.SoftReference;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was made of PTX, for all devices of a process: where the same text is loaded again, its
 * kernels are lowered already, and what was hot in them is machine code. Modules used longest ago
 * are forgotten when there are many, and all of them when memory runs short. Thread-safe.
 */
final class SharedCode {
  /** Characters of PTX that are kept, and what was made of them: twice the packaged kernels. */
  private static final long MOST = 32L << 20;

  /** A small module counts for more than its text. */
  private static final long LEAST = 16L << 10;

  /** All that the code of a module depends on, but where its variables lie. */
  private record Key(String ptx, CodeOptions options) {
    long weight() {
      return Math.max(ptx.length(), LEAST);
    }
  }

  /** The module used longest ago comes first. */
  private static final class Modules {
    final Map<Key, ModuleCode> known = new LinkedHashMap<>(16, 0.75f, true);
    private long weight;

    ModuleCode add(Key key, ModuleCode made) {
      ModuleCode other = known.putIfAbsent(key, made);
      if (other != null) {
        return other;
      }
      weight += key.weight();
      Iterator<Key> eldest = known.keySet().iterator();
      while (weight > MOST) {
        weight -= eldest.next().weight();
        eldest.remove();
      }
      return made;
    }
  }

  private SoftReference<Modules> kept = new SoftReference<>(new Modules());

  /**
   * A module, parsed.
   *
   * @throws dev.lockstep.ptx.PtxSyntaxException at the first thing that is not PTX
   */
  ModuleCode of(String ptx, CodeOptions options) {
    Key key = new Key(ptx, options);
    ModuleCode known = find(key);
    return known != null ? known : add(key, new ModuleCode(PtxParser.parse(ptx), options));
  }

  private synchronized @Nullable ModuleCode find(Key key) {
    return modules().known.get(key);
  }

  private synchronized ModuleCode add(Key key, ModuleCode made) {
    return modules().add(key, made);
  }

  private Modules modules() {
    Modules modules = kept.get();
    if (modules == null) {
      modules = new Modules();
      kept = new SoftReference<>(modules);
    }
    return modules;
  }
}
