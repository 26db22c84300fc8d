package dev.lockstep.simulator.memory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Global and constant memory: allocations at ever-growing addresses with a gap behind each, so that
 * an overrun hits nothing and a freed address never comes back to life. Safe for use by several
 * threads.
 */
public final class GlobalMemory implements AutoCloseable {
  /** Alignment of every allocation, as CUDA's. */
  private static final long ALIGNMENT = 256;

  /** Unmapped bytes behind every allocation, at least. */
  private static final long GAP = 4096;

  /** From here on an allocation is worth a file of its own, of which only what is used exists. */
  private static final long SPARSE_BYTES = 1L << 30;

  /** Addresses this small come from null pointers. */
  private static final long NULL_PAGE = 4096;

  private final Object lock = new Object();

  /** Ordered by address; replaced, never changed. */
  private volatile Region[] regions = new Region[0];

  /** Recently freed, for messages. */
  private final Region[] freed = new Region[64];

  private int freedCount;
  private final DeviceHeap heap = new DeviceHeap(this);
  private @Nullable Region meeting;
  private final Set<Allocation> live = new HashSet<>();
  private long next = Windows.GLOBAL;
  private long nextConstant = Windows.CONST;
  private long allocatedBytes;

  /** What kernels allocate here themselves. */
  public DeviceHeap heap() {
    return heap;
  }

  /** An allocation: a region and the arena that owns its bytes. */
  public final class Allocation implements AutoCloseable {
    private final Region region;
    private final Arena arena;
    private boolean closed;

    private Allocation(Region region, Arena arena) {
      this.region = region;
      this.arena = arena;
    }

    public Region region() {
      return region;
    }

    /** Whether it was freed. */
    public boolean isClosed() {
      synchronized (lock) {
        return closed;
      }
    }

    /** Frees; a second time does nothing. */
    @Override
    public void close() {
      synchronized (lock) {
        if (closed) {
          return;
        }
        closed = true;
        region.retire();
        forget(region);
        live.remove(this);
        allocatedBytes -= region.bytes();
      }
      arena.close();
    }
  }

  /**
   * Takes memory, zeroed.
   *
   * @param name what messages call it
   * @throws OutOfMemoryError when the host has no more
   */
  public Allocation allocate(String name, long bytes) {
    return allocate(name, bytes, false);
  }

  /** {@link #allocate(String, long)} in the window of constant memory. */
  public Allocation allocateConstant(String name, long bytes) {
    return allocate(name, bytes, true);
  }

  private Allocation allocate(String name, long bytes, boolean constant) {
    Arena arena = Arena.ofShared();
    MemorySegment segment =
        bytes < SPARSE_BYTES ? arena.allocate(bytes, ALIGNMENT) : sparse(arena, bytes);
    long taken = (bytes + GAP + ALIGNMENT - 1) & -ALIGNMENT;
    synchronized (lock) {
      Region region = new Region(name, constant ? nextConstant : next, segment, lock);
      if (constant) {
        nextConstant += taken;
      } else {
        next += taken;
      }
      insert(region);
      Allocation allocation = new Allocation(region, arena);
      live.add(allocation);
      allocatedBytes += bytes;
      return allocation;
    }
  }

  /** Zeroes that take memory only where they are touched: pages of a file with nothing in it. */
  private static MemorySegment sparse(Arena arena, long bytes) {
    try {
      Path file = Files.createTempFile("lockstep", ".memory");
      try (FileChannel channel =
          FileChannel.open(
              file,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE)) {
        return channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena);
      }
    } catch (IOException failure) {
      throw new UncheckedIOException("no room for an allocation of " + bytes + " bytes", failure);
    }
  }

  /** Bytes of all allocations that were not freed. */
  public long allocatedBytes() {
    synchronized (lock) {
      return allocatedBytes;
    }
  }

  /** The region that holds the {@code size} bytes at {@code address}, or null. */
  public @Nullable Region find(long address, int size) {
    Region[] all = regions;
    int at = floor(all, address);
    return at >= 0 && all[at].contains(address, size) ? all[at] : null;
  }

  /** Whether a region is of this memory: another device may have one at the same address. */
  public boolean owns(Region region) {
    return region.owner() == lock;
  }

  /** One phrase on what lies near an address, for faults. */
  public String describe(long address) {
    synchronized (lock) {
      for (int i = 0; i < Math.min(freedCount, freed.length); i++) {
        Region region = freed[i];
        if (address >= region.start() && address < region.start() + region.bytes()) {
          return "in " + region.name() + ", which was freed" + origin(region);
        }
      }
    }
    if (address >= 0 && address < NULL_PAGE) {
      return "a null pointer";
    }
    Region[] all = regions;
    int at = floor(all, address);
    Region below = at < 0 ? null : all[at];
    Region above = at + 1 < all.length ? all[at + 1] : null;
    long past = below == null ? Long.MAX_VALUE : address - below.start() - below.bytes();
    long before = above == null ? Long.MAX_VALUE : above.start() - address;
    if (below != null && past < 0) {
      return "reaches past the end of " + below.description();
    }
    if (below != null && past <= before) {
      return past + " bytes past the end of " + below.description();
    }
    if (above != null && before <= GAP) {
      return before + " bytes before the start of " + above.description();
    }
    return "no allocation near";
  }

  private static String origin(Region region) {
    String name = region.name();
    return region.description().substring(name.length());
  }

  /** Where the blocks of a grid meet, made ready for a launch: its size, and a counter. */
  public void readyToMeet() {
    synchronized (lock) {
      Region place = meeting;
      if (place == null) {
        MemorySegment word = Arena.ofAuto().allocate(8, 8);
        place = new Region("the grid's barrier", Windows.SYSTEM, word, lock);
        insert(place);
        meeting = place;
      }
      place.segment().fill((byte) 0);
    }
  }

  /** Frees what nobody freed. */
  @Override
  public void close() {
    List<Allocation> leaked;
    synchronized (lock) {
      leaked = List.copyOf(live);
    }
    leaked.forEach(Allocation::close);
  }

  private void insert(Region region) {
    Region[] all = regions;
    int at = floor(all, region.start()) + 1;
    Region[] longer = Arrays.copyOf(all, all.length + 1);
    longer[at] = region;
    System.arraycopy(all, at, longer, at + 1, all.length - at);
    regions = longer;
  }

  private void forget(Region region) {
    Region[] all = regions;
    int at = floor(all, region.start());
    if (at < 0 || all[at] != region) {
      return;
    }
    Region[] shorter = new Region[all.length - 1];
    System.arraycopy(all, 0, shorter, 0, at);
    System.arraycopy(all, at + 1, shorter, at, shorter.length - at);
    regions = shorter;
    freed[freedCount++ % freed.length] = region;
  }

  /** Index of the last region that starts at or below the address, or −1. */
  private static int floor(Region[] all, long address) {
    int low = 0;
    int high = all.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (all[middle].start() <= address) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return high;
  }
}
