package dev.lockstep.simulator.sanitizer;

/**
 * Layout of the 64 bits the shadow keeps for the last write and for the last reads by one warp of a
 * place in shared memory: in both, the time is in the 29 bits above bit 34, so that a later record
 * is a greater number.
 */
final class Record {
  private static final int TIME = 34;
  private static final int SITE_MASK = AccessSite.LIMIT - 1;

  // A write: thread in bits 0 to 9, site in 10 to 21, flags above.
  private static final int WRITE_SITE = 10;
  private static final long THREAD_MASK = 0x3ff;
  private static final int ATOMIC_BIT = 22;
  static final long ATOMIC = 1L << ATOMIC_BIT;
  static final long VOLATILE = 1L << 23;
  static final long ASYNC = 1L << 24;

  /** By which one thread tells others that it has done something. */
  static final long FLAG = 1L << 25;

  // Reads: two readers, the first and the last, lane in bits 0 to 4 and site in 5 to 16 of each.
  private static final int READER = 17;
  private static final long READER_MASK = (1L << READER) - 1;
  private static final long FIRST = READER_MASK << READER;

  /** Greater than any but that of a write that is still to come. */
  static final long LAST = last(Clocks.NEVER - 1);

  private Record() {}

  /** The greatest record of a time. */
  static long last(int time) {
    return ((time + 1L) << TIME) - 1;
  }

  static int time(long record) {
    return (int) (record >>> TIME);
  }

  static long at(int time) {
    return (long) time << TIME;
  }

  /** A write by lane 0 of a warp; add the lane. */
  static long write(int time, int warp, AccessSite site) {
    long flags = (site.atomic() ? ATOMIC : 0) | (site.isVolatile() ? VOLATILE : 0);
    return at(time) | flags | (long) site.id() << WRITE_SITE | warp * 32L;
  }

  static int thread(long write) {
    return (int) (write & THREAD_MASK);
  }

  static int writeSite(long write) {
    return (int) (write >>> WRITE_SITE) & SITE_MASK;
  }

  /** All bits where a write was atomic, else none. */
  static long ifAtomic(long write) {
    return write << Long.SIZE - 1 - ATOMIC_BIT >> 63;
  }

  /** All bits where a record is greater than another, else none. */
  static long ifLater(long record, long other) {
    return other - record >> 63;
  }

  /** The reads of a warp, of which none was later, with one more. */
  static long read(long before, int time, long lane, int site) {
    long reader = lane | (long) site << 5;
    long older = ifLater(at(time), before);
    return at(time) | before & FIRST & ~older | reader << READER & older | reader;
  }

  /** A reader other than {@code lane}, as a lane and a site; or −1. */
  static int otherReader(long reads, int lane) {
    int last = (int) (reads & READER_MASK);
    int first = (int) (reads >>> READER & READER_MASK);
    if ((last & 31) != lane) {
      return last;
    }
    return (first & 31) != lane ? first : -1;
  }

  static int readerLane(int reader) {
    return reader & 31;
  }

  static int readerSite(int reader) {
    return reader >>> 5;
  }
}
