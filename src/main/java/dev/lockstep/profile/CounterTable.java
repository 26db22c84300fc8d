package dev.lockstep.profile;

import dev.lockstep.device.Counter;
import dev.lockstep.device.Counts;
import dev.lockstep.device.LaunchCounts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a launch did, as a table of text and for machines. */
public final class CounterTable {
  private static final int WARP = 32;
  private static final int SECTOR = 32;
  private static final List<Counter> COUNTERS = List.of(Counter.values());

  private final LaunchCounts launch;
  private final Counts totals;

  private CounterTable(LaunchCounts launch) {
    this.launch = launch;
    this.totals = launch.totals();
  }

  /** The table, line by line; what the kernel never does is left out. */
  public static List<String> lines(LaunchCounts launch) {
    CounterTable table = new CounterTable(launch);
    List<String> lines = new ArrayList<>();
    lines.add("%s  grid %s  block %s".formatted(launch.kernel(), launch.grid(), launch.block()));
    table.instructions().lines().forEach(line -> lines.add("  " + line));
    table.addMemory(lines);
    return lines;
  }

  /** All counters that are not zero, by their metric's name, and the compulsory traffic. */
  public static Map<String, Object> json(LaunchCounts launch) {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("kernel", launch.kernel());
    root.put("grid", List.of(launch.grid().x(), launch.grid().y(), launch.grid().z()));
    root.put("block", List.of(launch.block().x(), launch.block().y(), launch.block().z()));
    root.put("counters", launch.totals().byMetric());
    root.put("compulsoryLoadBytes", launch.compulsoryLoadBytes());
    root.put("compulsoryStoreBytes", launch.compulsoryStoreBytes());
    return root;
  }

  private Columns instructions() {
    long on = get(Counter.THREAD_INSTRUCTIONS_ON);
    Columns columns = new Columns("lrl");
    columns.row("instructions", count(Counter.INSTRUCTIONS), "by warps");
    long active = get(Counter.THREAD_INSTRUCTIONS);
    columns.row("  by threads", Units.count(active), lanes(active) + " active");
    columns.row("  guard true", Units.count(on), lanes(on) + " active");
    byClass(columns, "  integer", Counter.INTEGER, on);
    byClass(columns, "  fp32", Counter.FP32, on);
    byClass(columns, "  fp16, bf16", Counter.FP16, on);
    byClass(columns, "  fp64", Counter.FP64, on);
    byClass(columns, "  conversion", Counter.CONVERSION, on);
    byClass(columns, "  control", Counter.CONTROL, on);
    byClass(columns, "  memory", Counter.MEMORY, on);
    byClass(columns, "  between threads", Counter.INTER_THREAD, on);
    byClass(columns, "  other", Counter.MISC, on);
    long branches = get(Counter.BRANCHES);
    if (branches > 0) {
      String divergent = Units.share(get(Counter.DIVERGENT_BRANCHES), branches) + " divergent";
      columns.row("branches", Units.count(branches), divergent);
    }
    long barriers = get(Counter.BARRIERS);
    if (barriers > 0) {
      String waits = Units.share(get(Counter.BARRIER_WAITS), barriers) + " had to wait";
      columns.row("barriers", Units.count(barriers), waits);
    }
    if (get(Counter.SPECIAL) > 0) {
      columns.row("special functions", count(Counter.SPECIAL), "by warps");
    }
    if (totals.flops() > 0) {
      columns.row("floating point", Units.count(totals.flops()), "operations");
    }
    if (get(Counter.TENSOR) > 0) {
      columns.row("tensor", count(Counter.TENSOR), "by warps");
      long operations = totals.sum(Counter.TENSOR_FLOPS, Counter.TENSOR_INTEGER_OPS);
      columns.row("  arithmetic", Units.count(operations), "operations");
    }
    return columns;
  }

  private String lanes(long threads) {
    return Units.ratio(threads, get(Counter.INSTRUCTIONS)) + " of " + WARP + " lanes";
  }

  private void byClass(Columns columns, String name, Counter counter, long all) {
    if (get(counter) > 0) {
      columns.row(name, count(counter), Units.share(get(counter), all));
    }
  }

  private void addMemory(List<String> lines) {
    Columns global =
        new Columns("lr").row("global", "requests", "sectors", "each", "moved", "used", "at least");
    long loads = launch.compulsoryLoadBytes();
    long stores = launch.compulsoryStoreBytes();
    boolean any =
        global(global, "  ld", Counter.GLOBAL_LOAD_REQUESTS, Units.bytes(loads))
            | global(global, "  cp.async", Counter.GLOBAL_COPY_REQUESTS, "")
            | global(global, "  st", Counter.GLOBAL_STORE_REQUESTS, Units.bytes(stores))
            | global(global, "  atom", Counter.GLOBAL_ATOMIC_REQUESTS, "")
            | global(global, "  red", Counter.GLOBAL_REDUCTION_REQUESTS, "");
    add(lines, global, any);
    Columns shared =
        new Columns("lr").row("shared", "requests", "wavefronts", "each", "conflicts", "bytes");
    any =
        shared(shared, "  ld", Counter.SHARED_LOAD_REQUESTS)
            | shared(shared, "  st", Counter.SHARED_STORE_REQUESTS)
            | shared(shared, "  atom", Counter.SHARED_ATOMIC_REQUESTS);
    add(lines, shared, any);
    Columns local = new Columns("lr").row("local", "requests", "sectors", "each", "bytes");
    any =
        local(local, "  ld", Counter.LOCAL_LOAD_REQUESTS)
            | local(local, "  st", Counter.LOCAL_STORE_REQUESTS);
    add(lines, local, any);
  }

  private static void add(List<String> lines, Columns columns, boolean any) {
    if (any) {
      columns.lines().forEach(line -> lines.add("  " + line));
    }
  }

  /** Requests, sectors, lines, bytes and distinct bytes stand together in {@link Counter}. */
  private boolean global(Columns columns, String name, Counter requests, String atLeast) {
    if (get(requests) == 0) {
      return false;
    }
    long sectors = get(after(requests, 1));
    long moved = SECTOR * sectors;
    columns.row(
        name,
        count(requests),
        Units.count(sectors),
        Units.ratio(sectors, get(requests)),
        Units.bytes(moved),
        Units.share(get(after(requests, 4)), moved),
        atLeast);
    return true;
  }

  /** Requests, wavefronts, conflicts and bytes stand together in {@link Counter}. */
  private boolean shared(Columns columns, String name, Counter requests) {
    if (get(requests) == 0) {
      return false;
    }
    long wavefronts = get(after(requests, 1));
    columns.row(
        name,
        count(requests),
        Units.count(wavefronts),
        Units.ratio(wavefronts, get(requests)),
        count(after(requests, 2)),
        Units.bytes(get(after(requests, 3))));
    return true;
  }

  /** Requests, sectors and bytes stand together in {@link Counter}. */
  private boolean local(Columns columns, String name, Counter requests) {
    if (get(requests) == 0) {
      return false;
    }
    long sectors = get(after(requests, 1));
    columns.row(
        name,
        count(requests),
        Units.count(sectors),
        Units.ratio(sectors, get(requests)),
        Units.bytes(get(after(requests, 2))));
    return true;
  }

  private static Counter after(Counter counter, int places) {
    return COUNTERS.get(counter.ordinal() + places);
  }

  private long get(Counter counter) {
    return totals.get(counter);
  }

  private String count(Counter counter) {
    return Units.count(get(counter));
  }
}
